/** From what a person wrote to complete, checked configs: defaults < base < `--set` < arm < `--set-arm`. */
import * as v from "valibot";
import type { RunConfig } from "../../engine/model/config.ts";
import type { ExperimentRequest } from "../notebook/kernel-protocol.ts";
import { checkConfig } from "./checks.ts";
import { completeConfig, type DataOrder, defaultOrder, mixtureOf } from "./complete.ts";
import { defaultPrimary, defaultSeeds } from "./defaults.ts";
import { isObject, mergePatch, parsePath, setAtPath, type Json, type JsonObject } from "./merge.ts";
import { SpecError, didYouMean, pathText, show, type PathKey, type SpecProblem } from "./problems.ts";
import { configSections, knownKeys, patchSchema, specSchema, type ArmPatch, type ExperimentSpec } from "./schema.ts";

export { SpecError, type SpecProblem } from "./problems.ts";

/** `--set TARGET=VALUE`: TARGET is `[experiment.]path`; `--set-arm`: `arm.path`. */
export interface Override {
  target: string;
  value: Json;
}

export interface SpecOptions {
  /** names of the corpora that exist, in their canonical order */
  domains: readonly string[];
  /** names of the metrics an experiment may name as primary, e.g. "valLoss" (of "valBpb.prose" the part before the dot) */
  metrics: readonly string[];
  sets?: readonly Override[];
  armSets?: readonly Override[];
  /** ids of all experiments of the notebook: an override addressed to another one is not this one's concern */
  ids?: readonly string[];
}

export interface ResolvedArm {
  name: string;
  /** what the person wrote */
  patch: unknown;
  config: RunConfig;
  /** added to both streams of every seed */
  seedOffset: number;
}

export interface ResolvedExperiment {
  id: string;
  cell: string;
  title: string;
  question: string | null;
  baseline: string;
  primary: string[];
  seeds: number[];
  arms: ResolvedArm[];
  /** every domain that some arm trains on; all arms are validated on all of them */
  domains: string[];
}

/** The id a request will have: its own, or the cell's name (numbered from the second experiment of a cell on). */
export function experimentId(request: ExperimentRequest): string {
  const written = isObject(request.spec) ? request.spec.id : undefined;
  if (typeof written === "string") return written;
  return request.index === 0 ? request.cell : `${request.cell}-${request.index + 1}`;
}

/**
 * Resolves one `experiment(title, spec)`.
 * @throws {SpecError} with every problem there is
 */
export function resolveExperiment(request: ExperimentRequest, options: SpecOptions): ResolvedExperiment {
  const problems: SpecProblem[] = [];
  const id = experimentId(request);
  // what is wrong in itself is left out, so that the rest can be checked and every problem told at once
  let spec = parse(specSchema, request.spec ?? {}, [], problems) as ExperimentSpec & JsonObject;
  for (const { target, value } of options.sets ?? []) {
    const path = addressed(target, id, options.ids ?? [id]);
    if (path === null) continue;
    const changed = setAtPath(spec as JsonObject, path, value);
    const found: SpecProblem[] = [];
    parse(specSchema, changed, [], found);
    if (found.length === 0) spec = changed as typeof spec;
    problems.push(...found.map((p) => ({ ...p, path: `--set ${target}` })));
  }
  const arms = armsOf(spec, options.armSets ?? [], problems);
  const domains = checkDomains(spec, arms, options.domains, problems);
  const order = defaultOrder(arms.map(({ given }) => given));
  const resolved = arms.map(({ name, patch, given }): ResolvedArm => ({
    name, patch, config: completeConfig(given, domains, order), seedOffset: (given.seedOffset as number | undefined) ?? 0,
  }));
  checkArms(spec, resolved, domains, order, problems);

  const names = arms.map((arm) => arm.name);
  const baseline = spec.baseline ?? names[0];
  if (!names.includes(baseline)) problems.push({ path: "baseline", message: `there is no arm ${show(baseline)}`, ...suggest(baseline, names) });
  const primary = spec.primary ?? defaultPrimary;
  primary.forEach((metric, i) => {
    const name = metric.split(".")[0];
    if (!options.metrics.includes(name)) problems.push({ path: `primary[${i}]`, message: `there is no metric ${show(metric)}`, ...suggest(name, options.metrics) });
  });
  if (problems.length > 0) throw new SpecError(problems);

  const seeds = spec.seeds ?? defaultSeeds;
  return {
    id, cell: request.cell, title: request.title, question: spec.question ?? null, baseline, primary: [...new Set(primary)],
    seeds: Array.isArray(seeds) ? seeds : Array.from({ length: seeds as number }, (_, i) => i + 1),
    arms: resolved, domains,
  };
}

/**
 * Resolves all experiments of a notebook, so that nothing trains while one of them is wrong.
 * @throws {SpecError} whose paths start with the cell, e.g. `#balancing train.stepz`
 */
export function resolveExperiments(requests: readonly ExperimentRequest[], options: SpecOptions): ResolvedExperiment[] {
  const problems: SpecProblem[] = [];
  const ids = requests.map(experimentId);
  const resolved: ResolvedExperiment[] = [];
  const armNames = new Set<string>();
  for (const [i, request] of requests.entries()) {
    const at = `#${request.cell}`;
    if (ids.indexOf(ids[i]) !== i) problems.push({ path: `${at} id`, message: `another experiment is already called ${show(ids[i])}` });
    armNamesOf(request).forEach((name) => armNames.add(name));
    try {
      resolved.push(resolveExperiment(request, { ...options, ids, armSets: armSetsOf(request, options.armSets) }));
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      problems.push(...error.problems.map((p) => ({ ...p, path: p.path.startsWith("--") ? p.path : `${at} ${p.path}`.trim() })));
    }
  }
  for (const { target } of options.armSets ?? [])
    if (armOf(target, [...armNames]) === undefined)
      problems.push({ path: `--set-arm ${target}`, message: "no experiment has such an arm", ...suggest(target.split(".")[0], [...armNames]) });
  if (problems.length > 0) throw new SpecError(unique(problems));
  return resolved;
}

/** Those overrides that are addressed to an arm of this experiment. */
export function armSetsOf(request: ExperimentRequest, armSets: readonly Override[] = []): Override[] {
  return armSets.filter(({ target }) => armOf(target, armNamesOf(request)) !== undefined);
}

function armNamesOf({ spec }: ExperimentRequest): string[] {
  const named = isObject(spec) && isObject(spec.arms) ? Object.keys(spec.arms) : [];
  return named.length > 0 ? named : [soleArm];
}

/** An experiment without arms is one arm with nothing changed. */
const soleArm = "base";

function armsOf(spec: ExperimentSpec & JsonObject, armSets: readonly Override[], problems: SpecProblem[]) {
  if (spec.arms && Object.keys(spec.arms).length === 0) problems.push({ path: "arms", message: "needs at least one arm" });
  const written = Object.entries({ ...(spec.arms as Record<string, ArmPatch | null> | null | undefined) });
  if (written.length === 0) written.push([soleArm, {}]);
  const names = written.map(([name]) => name);
  const arms = written.map(([name, patch]) => {
    if (name.trim() === "") problems.push({ path: "arms", message: "an arm needs a name" });
    const base: JsonObject = Object.fromEntries([...configSections, "seedOffset"].filter((key) => spec[key] !== undefined && spec[key] !== null).map((key) => [key, spec[key]]));
    // merging onto nothing first removes the base's own nulls
    return { name, patch: patch ?? {}, given: mergePatch(mergePatch({}, base), (patch ?? {}) as JsonObject) };
  });
  for (const { target, value } of armSets) {
    const arm = arms.find(({ name }) => name === armOf(target, names));
    if (!arm) {
      problems.push({ path: `--set-arm ${target}`, message: "there is no such arm", ...suggest(target.split(".")[0], names) });
      continue;
    }
    const changed = setAtPath(arm.given, parsePath(target.slice(arm.name.length + 1)), value);
    const found: SpecProblem[] = [];
    parse(patchSchema, changed, [], found);
    if (found.length === 0) arm.given = changed;
    problems.push(...found.map((p) => ({ ...p, path: `--set-arm ${target}` })));
  }
  for (const [where, part] of [["", spec], ...written.map(([name, patch]) => [`${pathText(["arms", name])}.`, patch])] as [string, ArmPatch | null][])
    if (typeof part?.train?.tokens === "number" && typeof part.train.steps === "number")
      problems.push({ path: `${where}train`, message: "says both tokens and steps; say one" });
  return arms;
}

/** The arm a `--set-arm` target addresses: arm names may contain dots, so the longest fitting one. */
function armOf(target: string, names: readonly string[]): string | undefined {
  return names.filter((name) => target.startsWith(`${name}.`)).sort((a, b) => b.length - a.length)[0];
}

/** The path within this experiment's spec, or null when the override is addressed to another experiment. */
function addressed(target: string, id: string, ids: readonly string[]): PathKey[] | null {
  const path = parsePath(target);
  const known = Object.keys(specSchema.entries);
  if (known.includes(String(path[0])) || !ids.includes(String(path[0]))) return path;
  return path[0] === id ? path.slice(1) : null;
}

function checkDomains(spec: JsonObject, arms: { name: string; given: JsonObject }[], known: readonly string[], problems: SpecProblem[]): string[] {
  const used = new Set<string>();
  for (const { name, given } of arms) {
    for (const domain of Object.keys(mixtureOf(given))) {
      used.add(domain);
      if (known.includes(domain)) continue;
      const inBase = Object.hasOwn(mixtureOf(spec), domain);
      const path = pathText([...(inBase ? [] : ["arms", name]), "data", "mixture", domain]);
      problems.push({ path, message: `there is no domain ${show(domain)}; there are ${known.join(", ")}`, ...suggest(domain, known) });
    }
  }
  return known.filter((name) => used.has(name));
}

/** A problem that the base has by itself is told once, at the base's path; one that an arm brings, at the arm's. */
function checkArms(spec: JsonObject, arms: readonly ResolvedArm[], domains: readonly string[], order: DataOrder, problems: SpecProblem[]): void {
  const base = checkConfig(completeConfig(mergePatch({}, spec), domains, order)).map(textOf);
  const unknownDomain = problems.some(({ message }) => message.startsWith("there is no domain"));
  for (const { name, config } of arms) {
    for (const problem of checkConfig(config)) {
      if (unknownDomain && problem.path[0] === "data") continue; // its weight counts for nothing, and that has been told
      const fromBase = base.includes(textOf(problem));
      problems.push({ path: pathText(fromBase ? problem.path : ["arms", name, ...problem.path]), message: problem.message });
    }
  }
  problems.splice(0, problems.length, ...unique(problems));
}

const textOf = (problem: { path: PathKey[]; message: string }) => `${pathText(problem.path)}: ${problem.message}`;

const unique = (problems: SpecProblem[]): SpecProblem[] => [...new Map(problems.map((p) => [`${p.path}: ${p.message}`, p])).values()];

const suggest = (written: string, known: readonly string[]): { suggestion?: string } => {
  const suggestion = didYouMean(written, known);
  return suggestion === undefined ? {} : { suggestion: JSON.stringify(suggestion) };
};

/** Schema problems with readable paths; returns what was parsed, without the values that have problems. */
function parse(schema: v.GenericSchema, input: unknown, prefix: readonly PathKey[], problems: SpecProblem[]): unknown {
  const result = v.safeParse(schema, input);
  const wrong: PathKey[][] = [];
  for (const issue of result.issues ?? []) {
    const path = (issue.path ?? []).map((item) => item.key as PathKey);
    wrong.push(path);
    const problem: SpecProblem = { path: pathText([...prefix, ...path]), message: issue.message };
    if (issue.message === "unknown key") {
      const suggestion = didYouMean(String(path.at(-1)), knownKeys(schema, path.slice(0, -1), input));
      if (suggestion !== undefined) problem.suggestion = suggestion;
    }
    problems.push(problem);
  }
  for (const path of inheritedNames(input)) {
    problems.push({ path: pathText([...prefix, ...path]), message: "unknown key" });
    wrong.push(path);
  }
  problems.splice(0, problems.length, ...unique(problems));
  return wrong.length === 0 ? result.output : v.parse(schema, without(input, wrong));
}

/** A copy without the values at `paths`; an item of a list or a mixture takes the whole of it along, for its neighbours mean nothing alone. */
function without(input: unknown, paths: readonly PathKey[][]): unknown {
  const copy = structuredClone(input) as any;
  for (const path of paths) {
    const whole = path.findIndex((key, i) => typeof path[i + 1] === "number" || key === "mixture");
    const last = whole >= 0 ? path.slice(0, whole + 1) : path;
    if (last.length === 0) return {};
    const parent = last.slice(0, -1).reduce((at, key) => at?.[key], copy);
    if (parent) delete parent[last[last.length - 1]];
  }
  return copy;
}

/** Keys such as `__proto__` or `constructor`: every object "has" them, so a schema does not see that they are unknown. */
function inheritedNames(value: unknown, path: PathKey[] = []): PathKey[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value).flatMap((key) => {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    return !Array.isArray(value) && key in Object.prototype ? [here] : inheritedNames((value as JsonObject)[key], here);
  });
}
