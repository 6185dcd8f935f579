/**
 * Text for a terminal: what would move the cursor, colour, clear or turn text around (C0, DEL, C1, bidi controls) is written
 * as JSON writes it, so that a line of JSON stays one and means the same. Line feeds and tabs stay.
 */
export const terminalText = (text: string): string =>
  text.replaceAll("\r\n", "\n").replace(/[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, escaped);

/** The same for a name within a line, which it cannot break. */
export const terminalLine = (text: string): string => terminalText(text.replace(/[\t\r\n]/g, escaped));

function escaped(character: string): string {
  const short = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character];
  return short ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
