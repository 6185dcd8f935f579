/**
 * What a person may write: the shapes of config.md, every key optional, unknown keys refused.
 * `null` is allowed everywhere and clears what was said before (see merge.ts).
 */
import * as v from "valibot";
import { show } from "./problems.ts";

const number = (what: string, holds: (x: number) => boolean) =>
  v.custom<number>(
    (x) => typeof x === "number" && Number.isFinite(x) && holds(x),
    (issue) => `${show(issue.input)}: needs ${what}`,
  );

const whole = (min: number) => number(`a whole number of at least ${min}`, (x) => Number.isSafeInteger(x) && x >= min);
const positive = number("a finite number above 0", (x) => x > 0);
const notNegative = number("a finite number, 0 or more", (x) => x >= 0);
const fraction = number("a number from 0 to 1", (x) => x >= 0 && x <= 1);
const belowOne = number("a number from 0 to below 1", (x) => x >= 0 && x < 1);
const choice = <const T extends readonly string[]>(...options: T) =>
  v.picklist(options, (issue) => `${show(issue.input)}: needs ${options.map((o) => `"${o}"`).join(" or ")}`);
const flag = v.boolean((issue) => `${show(issue.input)}: needs true or false`);
const text = v.string((issue) => `${show(issue.input)}: needs text`);

/** An object of which any part may be left out or null, and nothing else may be there. */
function part<T extends Record<string, v.GenericSchema>>(entries: T) {
  const optional = Object.fromEntries(Object.entries(entries).map(([key, schema]) => [key, v.nullish(schema)]));
  return v.strictObject(optional as { [K in keyof T]: v.NullishSchema<T[K], undefined> }, (issue) =>
    issue.expected === "never" ? "unknown key" : `${show(issue.input)}: needs an object`,
  );
}

/** A number, or pieces `{ until, value }` in fractions of the run. */
const scheduled = v.lazy((input): v.GenericSchema => {
  if (!Array.isArray(input)) return notNegative;
  return v.pipe(
    v.array(v.strictObject({ until: fraction, value: notNegative }, (issue) => (issue.expected === "never" ? "unknown key" : `${show(issue.input)}: needs { until, value }`))),
    v.minLength(1, "needs at least one piece { until, value }"),
    v.check((pieces) => pieces.every((p, i) => i === 0 || p.until > pieces[i - 1].until), "the pieces' `until` must increase"),
    v.check((pieces) => pieces.at(-1)?.until === 1, "the last piece must have until: 1"),
  );
});

const mla = part({ kind: choice("mla"), qLoraRank: whole(1), kvLoraRank: whole(1), qkNopeHeadDim: whole(1), qkRopeHeadDim: whole(2), vHeadDim: whole(1) });
const gqa = part({ kind: choice("gqa"), numKeyValueHeads: whole(1), headDim: whole(1), ropeDim: whole(2) });
const attention = v.lazy((input): v.GenericSchema => {
  const kind = (input as { kind?: unknown } | null)?.kind;
  if (kind === "gqa") return gqa;
  return kind === undefined || kind === null || kind === "mla" ? mla : v.looseObject({ kind: choice("mla", "gqa") });
});

const model = part({
  vocabSize: whole(1), hiddenSize: whole(1), numHiddenLayers: whole(1), numAttentionHeads: whole(1),
  initializerRange: positive, rmsNormEps: positive, ropeTheta: positive, tieWordEmbeddings: flag,
  attention,
  nRoutedExperts: whole(1), nSharedExperts: whole(0), numExpertsPerTok: whole(1), moeIntermediateSize: whole(1),
  intermediateSize: whole(1), firstKDenseReplace: whole(0),
  scoringFunc: choice("sigmoid"), normTopkProb: flag, routedScalingFactor: positive, nGroup: whole(1), topkGroup: whole(1),
  mtp: part({ depth: whole(0), lambda: scheduled, heads: choice("sequential", "parallel"), detachTrunk: flag }),
});

const groupOf = (...names: string[]) =>
  v.custom<string | number>(
    (x) => names.includes(x as string) || (Number.isSafeInteger(x) && (x as number) >= 1),
    (issue) => `${show(issue.input)}: needs ${names.map((n) => `"${n}"`).join(", ")} or a number of sequences`,
  );

const balance = part({
  losses: v.array(
    v.strictObject({ group: groupOf("sequence", "batch"), alpha: scheduled }, (issue) => (issue.expected === "never" ? "unknown key" : `${show(issue.input)}: needs { group, alpha }`)),
    (issue) => `${show(issue.input)}: needs a list of { group, alpha }`,
  ),
  zLoss: notNegative,
  bias: part({ gamma: scheduled, rule: choice("sign", "magnitude"), form: choice("additive", "multiplicative"), group: groupOf("batch") }),
});

const train = part({
  tokens: whole(1), steps: whole(1), batchSize: whole(1), seqLen: whole(2), microBatch: whole(1), clipNorm: positive,
  optimizer: part({ kind: choice("adamw"), lr: scheduled, beta1: belowOne, beta2: belowOne, eps: positive, weightDecay: notNegative }),
  schedule: part({ kind: choice("cosine", "constant"), warmup: fraction, final: fraction }),
  evalEvery: whole(1), checkpointEverySeconds: positive, keep: choice("weights", "none"),
});

const precision = part({
  gemm: v.custom<null>((x) => x === null, "must be null in this version: every matrix product runs in float32"),
  moments: choice("f32"),
  keep: v.array(text),
});

const sections = {
  model, balance, train, precision,
  validation: part({
    windowsPerDomain: whole(1),
    final: v.custom<number | "all">(
      (x) => x === "all" || (Number.isSafeInteger(x) && (x as number) >= 1),
      (issue) => `${show(issue.input)}: needs "all" or a whole number of at least 1`,
    ),
  }),
  data: part({ mixture: v.record(text, notNegative, (issue) => `${show(issue.input)}: needs domain names with weights`) }),
};

const seedOffset = number("a whole number", Number.isSafeInteger);

/** What an arm may change. */
export const patchSchema = part({ ...sections, seedOffset });

const seed = whole(0);

/** What `experiment(title, spec)` may be given. */
export const specSchema = part({
  ...sections, seedOffset,
  id: v.pipe(text, v.regex(/^[A-Za-z][\w-]*$/, (issue) => `${show(issue.input)}: an id starts with a letter and has only letters, digits, _ and -`)),
  question: text,
  arms: v.record(text, patchSchema, (issue) => `${show(issue.input)}: needs arm names with what each changes`),
  baseline: text,
  seeds: v.lazy((input): v.GenericSchema =>
    Array.isArray(input)
      ? v.pipe(v.array(seed), v.minLength(1, "needs at least one seed"), v.check((list) => new Set(list).size === list.length, "a seed is listed twice"))
      : number("a number of seeds (at least 1) or a list of seeds", (x) => Number.isSafeInteger(x) && x >= 1),
  ),
  primary: v.pipe(v.array(text, (issue) => `${show(issue.input)}: needs a list of metric names`), v.minLength(1, "needs at least one metric")),
});

export const configSections = Object.keys(sections);

/** Keys that an object schema knows at `path`, for "did you mean". */
export function knownKeys(schema: unknown, path: readonly unknown[], input: unknown): string[] {
  let at = schema as any;
  let value = input as any;
  for (let i = 0; ; ) {
    while (at) {
      if (at.type === "nullish" || at.type === "optional" || at.type === "nullable") at = at.wrapped;
      else if (at.type === "lazy") at = at.getter(value);
      else break;
    }
    if (!at) return [];
    if (i === path.length) return Object.keys(at.entries ?? {});
    const key = path[i++];
    at = at.entries ? at.entries[key as string] : (at.value ?? at.item);
    value = value?.[key as string];
  }
}

export type ExperimentSpec = v.InferOutput<typeof specSchema>;
export type ArmPatch = v.InferOutput<typeof patchSchema>;
