/** Names that every file, terminal and figure can show as they are. */

/** One half of a pair that stands for a letter: no UTF-8 file can hold it. */
const halves = /\p{Surrogate}/u;
/** What steers a terminal or breaks a line of a table. */
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
const bad = /[\p{Surrogate}\u0000-\u001f\u007f-\u009f\u2028\u2029]/gu;

/** What keeps `name` from being shown, or null. */
export function nameProblem(name: string): string | null {
  const half = halves.exec(name);
  if (half) return `holds half of a letter (${code(half[0])}), which no file can keep`;
  const control = controls.exec(name);
  return control ? `holds the control character ${code(control[0])}; a name is one line of text` : null;
}

/** For messages and titles that are not refused: what no line can show becomes the sign for that. */
export const shownSafely = (text: string): string => text.replace(bad, "\ufffd");

const code = (character: string): string => `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
