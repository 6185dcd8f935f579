/**
 * Text of a name as one line of a page: line breaks of every kind are spaces; control characters and the explicit bidi
 * controls (U+202A to U+202E, U+2066 to U+2069), which would turn the text around a name, are left out.
 */
export const oneLine = (text: string): string =>
  text
    .replace(/[\s\u0085]+/g, (run) => (/[\n\v\f\r\u0085\u2028\u2029]/.test(run) ? " " : run.replaceAll("\t", " ")))
    .replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "");
