import { distance } from "fastest-levenshtein";

/** One thing that is wrong with a spec, where it was written. */
export interface SpecProblem {
  /** e.g. `arms["x"].model.numExpertsPerTok`, `--set train.stepz`, or "" for the spec as a whole */
  path: string;
  message: string;
  /** what was probably meant */
  suggestion?: string;
}

/** A spec that cannot be run: every problem at once, nothing has been trained. */
export class SpecError extends Error {
  override readonly name = "SpecError";
  readonly problems: SpecProblem[];

  constructor(problems: SpecProblem[]) {
    super(problems.map(problemText).join("\n"));
    this.problems = problems;
  }
}

export function problemText({ path, message, suggestion }: SpecProblem): string {
  const hint = suggestion === undefined ? "" : ` (did you mean ${suggestion}?)`;
  return path === "" ? `${message}${hint}` : `${path}: ${message}${hint}`;
}

/** Each problem once. */
export const unique = (problems: readonly SpecProblem[]): SpecProblem[] => [
  ...new Map(problems.map((p) => [`${p.path}: ${p.message}`, p])).values(),
];

export type PathKey = string | number;

/** `["arms", "a b", "train", "lr", 0]` → `arms["a b"].train.lr[0]`. Arm names are always quoted. */
export function pathText(path: readonly PathKey[]): string {
  let text = "";
  path.forEach((key, i) => {
    const plain = typeof key === "string" && /^[A-Za-z_$][\w$]*$/.test(key) && !(i === 1 && path[0] === "arms");
    if (typeof key === "number") text += `[${key}]`;
    else if (plain) text += text === "" ? key : `.${key}`;
    else text += `[${JSON.stringify(key)}]`;
  });
  return text;
}

/** The known name nearest to what was written, or undefined if none is near enough to be a slip of the finger. */
export function didYouMean(written: string, known: readonly string[]): string | undefined {
  const lower = written.toLowerCase();
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const name of known) {
    const d = distance(lower, name.toLowerCase());
    if (d < bestDistance) [best, bestDistance] = [name, d];
  }
  return bestDistance <= Math.max(2, Math.floor(written.length / 3)) ? best : undefined;
}

/** A value as a person would recognise it in a message: short, quoted when text. */
export function show(value: unknown): string {
  if (typeof value === "number" || value === undefined) return String(value);
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return value;
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
