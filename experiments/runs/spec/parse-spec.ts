/** What a person wrote, held against a schema: every problem with a path they can read, and what is left without them. */
import * as v from "valibot";
import { forbiddenName, forbiddenNames, own } from "../../own-keys.ts";
import { didYouMean, pathText, unique, type PathKey, type SpecProblem } from "./problems.ts";
import { knownKeys } from "./schema.ts";

/** Of several unknown keys of one object a schema tells the first; each pass takes one away. */
const mostPasses = 20;

/** Adds to `problems`; returns what was parsed, without the values that have problems. */
export function parseSpec(schema: v.GenericSchema, input: unknown, problems: SpecProblem[]): unknown {
  const found: SpecProblem[] = [];
  let rest = input;
  let output: unknown = {};
  for (let pass = 0; pass < mostPasses; pass++) {
    const { parsed, wrong } = onePass(schema, rest, input, found);
    output = parsed;
    if (wrong.length === 0) break;
    rest = without(rest, wrong);
    output = {};
  }
  problems.splice(0, problems.length, ...unique([...problems, ...found]));
  return output;
}

function onePass(
  schema: v.GenericSchema,
  input: unknown,
  written: unknown,
  problems: SpecProblem[],
): { parsed: unknown; wrong: PathKey[][] } {
  const result = v.safeParse(schema, input);
  const wrong: PathKey[][] = [];
  for (const issue of result.issues ?? []) {
    const path = (issue.path ?? []).map((item) => item.key as PathKey);
    wrong.push(path);
    const problem: SpecProblem = { path: pathText(withArmNames(path, written)), message: issue.message };
    if (issue.message === "unknown key") {
      const suggestion = didYouMean(String(path.at(-1)), knownKeys(schema, path.slice(0, -1), input));
      if (suggestion !== undefined) problem.suggestion = suggestion;
    }
    problems.push(problem);
  }
  for (const path of forbiddenNames(input)) {
    problems.push({ path: pathText(withArmNames(path, written)), message: forbiddenName(String(path.at(-1))) });
    wrong.push(path);
  }
  return { parsed: result.output, wrong };
}

/** Arms in a list of pairs are told by their names too. */
function withArmNames(path: readonly PathKey[], written: unknown): readonly PathKey[] {
  const [first, place, side, ...rest] = path;
  if (first !== "arms" || typeof place !== "number" || side !== 1) return path;
  const name: unknown = (written as { arms: unknown[][] }).arms[place][0];
  return typeof name === "string" ? ["arms", name, ...rest] : path;
}

/** A copy without the values at `paths`; an item of a list or a mixture takes the whole of it along, for its neighbours mean nothing alone. */
function without(input: unknown, paths: readonly PathKey[][]): unknown {
  // biome-ignore lint/suspicious/noExplicitAny: what a person wrote has no type until it is checked
  const copy = structuredClone(input) as any;
  for (const path of paths) {
    const inPair = path[0] === "arms" && typeof path[1] === "number" && path[2] === 1 && path.length > 3;
    const whole = path.findIndex((key, i) => i >= (inPair ? 3 : 0) && (typeof path[i + 1] === "number" || key === "mixture"));
    const last = whole >= 0 ? path.slice(0, whole + 1) : path;
    if (last.length === 0) return {};
    // what an earlier path took away is no longer there, and what objects inherit in its place is not ours to delete from
    // biome-ignore lint/suspicious/noExplicitAny: what a person wrote has no type until it is checked
    const step = (at: any, key: PathKey) =>
      typeof at === "object" && at !== null ? own(at as Record<string, unknown>, String(key)) : undefined;
    const parent = last.slice(0, -1).reduce(step, copy);
    if (typeof parent === "object" && parent !== null) delete parent[last[last.length - 1]];
  }
  return copy;
}
