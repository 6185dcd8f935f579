/** Text into HTML, without what HTML cannot hold and without bidi controls, which would turn the text around a name. */
export const escapeHtml = (text: string | number): string =>
  String(text)
    .replace(/[^\P{Cc}\t\n\r]|[\u202a-\u202e\u2066-\u2069]/gu, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
