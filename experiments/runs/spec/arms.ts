/** The arms of a spec as they were written: an object by name, or a list of pairs. */
import { isObject } from "./merge.ts";
import { show, type SpecProblem } from "./problems.ts";
import type { ArmPatch, ExperimentSpec } from "./schema.ts";
import { forbiddenName, isForbidden } from "../../own-keys.ts";
import { nameProblem } from "../../text/well-named.ts";

export interface WrittenArm {
  name: string;
  patch: ArmPatch;
}

/** An experiment without arms is one arm with nothing changed. */
const soleArm = "base";

/** In the order that counts: the first is the baseline where none is named. */
export function armsIn(spec: ExperimentSpec, problems: SpecProblem[]): WrittenArm[] {
  const written = pairsOf(spec.arms);
  if (written.length === 0) {
    if (isObject(spec.arms) || Array.isArray(spec.arms)) problems.push({ path: "arms", message: "needs at least one arm" });
    return [{ name: soleArm, patch: {} }];
  }
  const names = new Set<string>();
  for (const [name] of written) {
    if (name.trim() === "") problems.push({ path: "arms", message: "an arm needs a name" });
    const problem = isForbidden(name) ? forbiddenName(name) : nameProblem(name) === null ? null : `${show(name)} ${nameProblem(name)}`;
    if (problem !== null) problems.push({ path: "arms", message: problem });
    if (names.has(name)) problems.push({ path: "arms", message: `two arms are called ${show(name)}` });
    names.add(name);
  }
  const moved = isObject(spec.arms) && written.length > 1 ? written.map(([name]) => name).filter(isReordered) : [];
  if (moved.length > 0 && typeof spec.baseline !== "string") problems.push({ path: "arms", message: reordered(moved) });
  return written.map(([name, patch]) => ({ name, patch: (patch ?? {}) as ArmPatch }));
}

/** Of a spec that nobody has looked at yet. */
export function namesOfArms(spec: unknown): string[] {
  const names = isObject(spec) ? pairsOf(spec.arms).map(([name]) => name) : [];
  return names.length > 0 ? names : [soleArm];
}

function pairsOf(arms: unknown): [name: string, patch: unknown][] {
  const pairs: unknown[] = Array.isArray(arms) ? arms : isObject(arms) ? Object.entries(arms) : [];
  return pairs.filter((pair): pair is [string, unknown] => Array.isArray(pair) && typeof pair[0] === "string");
}

/** Names that JavaScript puts before all others of an object, ascending, wherever they were written. */
const isReordered = (name: string): boolean => /^(0|[1-9]\d*)$/.test(name) && Number(name) < 2 ** 32 - 1;

function reordered(names: readonly string[]): string {
  const [first] = names;
  return (
    `JavaScript puts names that are whole numbers (${names.slice(0, 4).map(show).join(", ")}${names.length > 4 ? ", …" : ""}) first and in ascending order, so nobody knows which arm was written first: ` +
    `say which one is the \`baseline\`, or write the arms as a list of pairs, arms: [[${show(first)}, {…}], …]`
  );
}
