/** A model that the other side's format cannot say, or a folder that is not such a model: every reason at once. */
export class InterchangeError extends Error {
  override readonly name = "InterchangeError";
  readonly problems: readonly string[];

  constructor(what: string, problems: readonly string[]) {
    super(`${what}:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}
