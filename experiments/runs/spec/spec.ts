/** From what a person wrote to complete, checked configs: defaults < base < `--set` < arm < `--set-arm`. */
import type { RunConfig } from "../../../engine/model/config.ts";
import type { ExperimentRequest, Override } from "../../request.ts";
import { armsIn, namesOfArms, type WrittenArm } from "./arms.ts";
import { checkConfig, type ConfigProblem } from "./checks.ts";
import { completeConfig, type DataOrder, defaultOrder, mixtureOf } from "./complete.ts";
import { defaultPrimary, defaultSeeds } from "./defaults.ts";
import { countProblem, experimentsProblem, notebookProblem, readable, runsProblem } from "./limits.ts";
import type { JsonObject } from "../../json-value.ts";
import { PathError, isObject, mergePatch, parsePath, setAtPath } from "./merge.ts";
import { parseSpec } from "./parse-spec.ts";
import { SpecError, didYouMean, pathText, show, unique, type PathKey, type SpecProblem } from "./problems.ts";
import { configSections, givenSchema, sameValidation, specSchema, type ArmPatch, type ExperimentSpec } from "./schema.ts";
import { checkLargest, checkSize } from "./sizes.ts";
import { nameProblem } from "../../text/well-named.ts";

export { SpecError, type SpecProblem } from "./problems.ts";

export interface SpecOptions {
  /** names of the corpora that exist, in their canonical order */
  domains: readonly string[];
  /** names of the metrics an experiment may name as primary, e.g. "valLoss" (of "valBpb.prose" the part before the dot) */
  metrics: readonly string[];
  sets?: readonly Override[];
  armSets?: readonly Override[];
  /** ids of all experiments of the notebook: an override addressed to another one is not this one's concern */
  ids?: readonly string[];
  /** memory of the machine that will train: what it cannot hold is refused */
  machineBytes?: number;
}

interface ResolvedArm {
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
  const many = countProblem(request.spec) ?? experimentsProblem(options.ids?.length ?? 1);
  if (many) throw new SpecError([many]);
  const problems: SpecProblem[] = [];
  const id = experimentId(request);
  const titled = nameProblem(request.title);
  if (titled !== null) problems.push({ path: "", message: `the title ${show(request.title)} ${titled}` });
  // what is wrong in itself is left out, so that the rest can be checked and every problem told at once
  let spec = parseSpec(specSchema, request.spec ?? {}, problems) as ExperimentSpec & JsonObject;
  for (const { target, value } of options.sets ?? []) {
    const changed = overridden(`--set ${target}`, problems, () => {
      const path = addressed(target, id, options.ids ?? [id]);
      return path && setAtPath(spec as JsonObject, path, value);
    });
    if (!changed) continue;
    const found: SpecProblem[] = [];
    const many = countProblem(changed);
    if (many) found.push(many);
    else parseSpec(specSchema, changed, found);
    if (found.length === 0) spec = changed as typeof spec;
    problems.push(...found.map((p) => ({ ...p, path: `--set ${target}` })));
  }
  const seeds = spec.seeds ?? defaultSeeds;
  const written = armsIn(spec, problems);
  const runs = runsProblem(written.length, Array.isArray(seeds) ? seeds.length : (seeds as number));
  if (runs) throw new SpecError(readable([...problems, runs]));
  const arms = armsOf(spec, written, options.armSets ?? [], problems);
  const domains = checkDomains(spec, arms, options.domains, problems);
  const order = defaultOrder(arms.map(({ given }) => given));
  const resolved = arms.map(
    ({ name, patch, given }): ResolvedArm => ({
      name,
      patch,
      config: completeConfig(given, domains, order),
      seedOffset: (given.seedOffset as number | undefined) ?? 0,
    }),
  );
  checkArms(spec, resolved, domains, order, options.machineBytes, problems);

  const names = arms.map((arm) => arm.name);
  const baseline = spec.baseline ?? names[0];
  if (!names.includes(baseline))
    problems.push({ path: "baseline", message: `there is no arm ${show(baseline)}`, ...suggest(baseline, names) });
  const primary = spec.primary ?? defaultPrimary;
  primary.forEach((metric, i) => {
    const name = metric.split(".")[0];
    if (!options.metrics.includes(name))
      problems.push({ path: `primary[${i}]`, message: `there is no metric ${show(metric)}`, ...suggest(name, options.metrics) });
  });
  if (problems.length > 0) throw new SpecError(readable(problems));

  return {
    id,
    cell: request.cell,
    title: request.title,
    question: spec.question ?? null,
    baseline,
    primary: [...new Set(primary)],
    seeds: Array.isArray(seeds) ? seeds : Array.from({ length: seeds as number }, (_, i) => i + 1),
    arms: resolved,
    domains,
  };
}

/** What an override makes of a spec, or null where it makes nothing: its path leads nowhere, which is told, or to another experiment. */
function overridden(typed: string, problems: SpecProblem[], change: () => JsonObject | null): JsonObject | null {
  try {
    return change();
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    problems.push({ path: typed, message: error.message });
    return null;
  }
}

/**
 * Resolves all experiments of a notebook, so that nothing trains while one of them is wrong.
 * @throws {SpecError} whose paths start with the cell, e.g. `#balancing train.stepz`
 */
export function resolveExperiments(requests: readonly ExperimentRequest[], options: SpecOptions): ResolvedExperiment[] {
  const many = experimentsProblem(requests.length);
  if (many) throw new SpecError([many]);
  const problems: SpecProblem[] = [];
  const ids = requests.map(experimentId);
  const seen = new Set<string>();
  const resolved: ResolvedExperiment[] = [];
  const armNames = new Set<string>();
  for (const [i, request] of requests.entries()) {
    const at = `#${request.cell}`;
    if (seen.size === seen.add(ids[i]).size)
      problems.push({ path: `${at} id`, message: `another experiment is already called ${show(ids[i])}` });
    namesOfArms(request.spec).forEach((name) => armNames.add(name));
    try {
      resolved.push(resolveExperiment(request, { ...options, ids, armSets: armSetsOf(request, options.armSets) }));
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      problems.push(...error.problems.map((p) => ({ ...p, path: p.path.startsWith("--") ? p.path : `${at} ${p.path}`.trim() })));
    }
  }
  for (const { target } of options.armSets ?? [])
    if (armOf(target, [...armNames]) === undefined)
      problems.push({
        path: `--set-arm ${target}`,
        message: "no experiment has such an arm",
        ...suggest(target.split(".")[0], [...armNames]),
      });
  const together = notebookProblem(resolved.reduce((sum, { arms, seeds }) => sum + arms.length * seeds.length, 0));
  if (together) problems.push(together);
  if (problems.length > 0) throw new SpecError(readable(unique(problems)));
  return resolved;
}

/** Those overrides that are addressed to an arm of this experiment. */
export function armSetsOf(request: ExperimentRequest, armSets: readonly Override[] = []): Override[] {
  return armSets.filter(({ target }) => armOf(target, namesOfArms(request.spec)) !== undefined);
}

function armsOf(spec: ExperimentSpec & JsonObject, written: readonly WrittenArm[], armSets: readonly Override[], problems: SpecProblem[]) {
  const names = written.map(({ name }) => name);
  const said = [...configSections, "seedOffset"].filter((key) => spec[key] !== undefined && spec[key] !== null);
  // merging onto nothing removes the base's own nulls
  const base = mergePatch({}, Object.fromEntries(said.map((key) => [key, spec[key]])));
  const arms = written.map(({ name, patch }) => ({ name, patch, given: mergePatch(base, patch as JsonObject) }));
  for (const { target, value } of armSets) {
    const typed = `--set-arm ${target}`;
    const arm = arms.find(({ name }) => name === armOf(target, names));
    if (!arm) {
      problems.push({ path: typed, message: "there is no such arm", ...suggest(target.split(".")[0], names) });
      continue;
    }
    const changed = overridden(typed, problems, () => {
      const path = parsePath(target.slice(arm.name.length + 1));
      if (path[0] === "validation") throw new PathError(sameValidation);
      return setAtPath(arm.given, path, value);
    });
    if (!changed) continue;
    const found: SpecProblem[] = [];
    parseSpec(givenSchema, changed, found);
    if (found.length === 0) arm.given = changed;
    problems.push(...found.map((p) => ({ ...p, path: typed })));
  }
  for (const [where, part] of [["", spec], ...written.map(({ name, patch }) => [`${pathText(["arms", name])}.`, patch])] as [
    string,
    ArmPatch,
  ][])
    if (typeof part.train?.tokens === "number" && typeof part.train.steps === "number")
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

function checkDomains(
  spec: JsonObject,
  arms: { name: string; given: JsonObject }[],
  known: readonly string[],
  problems: SpecProblem[],
): string[] {
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
function checkArms(
  spec: JsonObject,
  arms: readonly ResolvedArm[],
  domains: readonly string[],
  order: DataOrder,
  machineBytes: number | undefined,
  problems: SpecProblem[],
): void {
  const check = (config: RunConfig) => [...checkConfig(config), ...checkSize(config, machineBytes)];
  const base = check(completeConfig(mergePatch({}, spec), domains, order)).map(textOf);
  const unknownDomain = problems.some(({ message }) => message.startsWith("there is no domain"));
  for (const { name, config } of arms) {
    for (const problem of check(config)) {
      if (unknownDomain && problem.path[0] === "data") continue; // its weight counts for nothing, and that has been told
      const fromBase = base.includes(textOf(problem));
      problems.push({ path: pathText(fromBase ? problem.path : ["arms", name, ...problem.path]), message: problem.message });
    }
  }
  if (problems.length === 0 && machineBytes !== undefined) {
    const large = checkLargest(
      arms.map(({ config }) => config),
      machineBytes,
    );
    if (large)
      problems.push({ path: pathText(["arms", arms.find(({ config }) => config === large.config)!.name]), message: large.message });
  }
  problems.splice(0, problems.length, ...unique(problems));
}

const textOf = (problem: ConfigProblem) => `${pathText(problem.path)}: ${problem.message}`;

const suggest = (written: string, known: readonly string[]): { suggestion?: string } => {
  const suggestion = didYouMean(written, known);
  return suggestion === undefined ? {} : { suggestion: JSON.stringify(suggestion) };
};
