/** Problems that a message names. */
const mostTold = 50;

/** A value of a file in an error: whatever it is, and however long. */
export function shown(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    return "nested too deeply to be shown";
  }
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/** A model that the other side's format cannot say, or a folder that is not such a model: every reason at once. */
export class InterchangeError extends Error {
  override readonly name = "InterchangeError";
  readonly problems: readonly string[];

  constructor(what: string, problems: readonly string[]) {
    const more = problems.length - mostTold;
    super(
      `${what}:\n${problems
        .slice(0, mostTold)
        .map((problem) => `  ${problem}`)
        .join("\n")}${more > 0 ? `\n  … and ${more} more` : ""}`,
    );
    this.problems = problems;
  }
}
