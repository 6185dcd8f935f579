/**
 * What a person may write: the shapes of config.md, every key optional, unknown keys refused.
 * `null` is allowed everywhere and clears what was said before (see merge.ts).
 */
import * as v from "valibot";
import { most } from "../../../engine/model/bounds.ts";
import { forbiddenName, isForbidden, namesTo, own } from "../../own-keys.ts";
import { show } from "./problems.ts";
import { formatCount } from "../../statistics/numbers.ts";
import { nameProblem } from "../../text/well-named.ts";

const number = (what: string, holds: (x: number) => boolean) =>
  v.custom<number>(
    (x) => typeof x === "number" && Number.isFinite(x) && holds(x),
    (issue) => `${show(issue.input)}: needs ${what}`,
  );

/** @param max the largest that is accepted */
const whole = (min: number, max: number) =>
  v.custom<number>(
    (x) => Number.isSafeInteger(x) && (x as number) >= min && (x as number) <= max,
    ({ input }) =>
      `${show(input)}: needs a whole number of at least ${min}${typeof input === "number" && input > max ? ` and at most ${formatCount(max)}` : ""}`,
  );
const positive = number("a finite number above 0", (x) => x > 0);
const notNegative = number("a finite number, 0 or more", (x) => x >= 0);
const fraction = number("a number from 0 to 1", (x) => x >= 0 && x <= 1);
const belowOne = number("a number from 0 to below 1", (x) => x >= 0 && x < 1);
const choice = <const T extends readonly string[]>(...options: T) =>
  v.picklist(options, (issue) => `${show(issue.input)}: needs ${options.map((o) => `"${o}"`).join(" or ")}`);
const flag = v.boolean((issue) => `${show(issue.input)}: needs true or false`);
const text = v.pipe(
  v.string((issue) => `${show(issue.input)}: needs text`),
  v.check(
    (written) => nameProblem(written) === null,
    (issue) => `${show(issue.input)}: ${nameProblem(issue.input)}`,
  ),
);

const unknownKey = (key: string): string => (isForbidden(key) ? forbiddenName(key) : "unknown key");

/**
 * An object of which any part may be left out or null, and nothing else may be there.
 * @param elsewhere what to say of keys that belong into another place
 */
function part<T extends Record<string, v.GenericSchema>>(entries: T, elsewhere: Readonly<Record<string, string>> = {}) {
  const optional = Object.fromEntries(Object.entries(entries).map(([key, schema]) => [key, v.nullish(schema)]));
  return v.strictObject(optional as { [K in keyof T]: v.NullishSchema<T[K], undefined> }, (issue) =>
    issue.expected !== "never"
      ? `${show(issue.input)}: needs an object`
      : (own(elsewhere, String(issue.input)) ?? unknownKey(String(issue.input))),
  );
}

/** A number, or pieces `{ until, value }` in fractions of the run. */
const scheduled = v.lazy((input): v.GenericSchema => (Array.isArray(input) ? piecesOf({ value: notNegative }) : notNegative));

/** Pieces of the run in order, the last of them up to its end. */
function piecesOf<T extends Record<string, v.GenericSchema>>(entries: T) {
  const wanted = `{ ${["until", ...Object.keys(entries)].join(", ")} }`;
  return v.pipe(
    v.array(
      v.strictObject({ until: fraction, ...entries }, (issue) =>
        issue.expected === "never" ? "unknown key" : `${show(issue.input)}: needs ${wanted}`,
      ),
      (issue) => `${show(issue.input)}: needs a list of ${wanted}`,
    ),
    v.minLength(1, `needs at least one piece ${wanted}`),
    v.check(
      (pieces) => pieces.every((p, i) => i === 0 || (p as Piece).until > (pieces[i - 1] as Piece).until),
      "the pieces' `until` must increase",
    ),
    v.check((pieces) => (pieces.at(-1) as Piece | undefined)?.until === 1, "the last piece must have until: 1"),
  );
}
interface Piece {
  until: number;
}

const mla = part({
  kind: choice("mla"),
  qLoraRank: whole(1, most.qLoraRank),
  kvLoraRank: whole(1, most.kvLoraRank),
  qkNopeHeadDim: whole(1, most.qkNopeHeadDim),
  qkRopeHeadDim: whole(2, most.qkRopeHeadDim),
  vHeadDim: whole(1, most.vHeadDim),
});
const gqa = part({
  kind: choice("gqa"),
  numKeyValueHeads: whole(1, most.numKeyValueHeads),
  headDim: whole(1, most.headDim),
  ropeDim: whole(2, most.ropeDim),
});
const attention = v.lazy((input): v.GenericSchema => {
  const kind = (input as { kind?: unknown } | null)?.kind;
  if (kind === "gqa") return gqa;
  return kind === undefined || kind === null || kind === "mla" ? mla : v.looseObject({ kind: choice("mla", "gqa") });
});

const model = part({
  vocabSize: whole(1, most.vocabSize),
  hiddenSize: whole(1, most.hiddenSize),
  numHiddenLayers: whole(1, most.numHiddenLayers),
  numAttentionHeads: whole(1, most.numAttentionHeads),
  initializerRange: positive,
  rmsNormEps: positive,
  ropeTheta: positive,
  tieWordEmbeddings: flag,
  attention,
  nRoutedExperts: whole(1, most.nRoutedExperts),
  nSharedExperts: whole(0, most.nSharedExperts),
  numExpertsPerTok: whole(1, most.numExpertsPerTok),
  moeIntermediateSize: whole(1, most.moeIntermediateSize),
  intermediateSize: whole(1, most.intermediateSize),
  firstKDenseReplace: whole(0, most.firstKDenseReplace),
  scoringFunc: choice("sigmoid"),
  normTopkProb: flag,
  routedScalingFactor: positive,
  nGroup: whole(1, most.nGroup),
  topkGroup: whole(1, most.topkGroup),
  groupScore: v.custom<2 | "K/M">(
    (x) => x === 2 || x === "K/M",
    (issue) => `${show(issue.input)}: needs 2 or "K/M"`,
  ),
  mtp: part({ depth: whole(0, most.mtpDepth), lambda: scheduled, heads: choice("sequential", "parallel"), detachTrunk: flag }),
});

const groupOf = (...names: string[]) =>
  v.custom<string | number>(
    (x) => names.includes(x as string) || (Number.isSafeInteger(x) && (x as number) >= 1 && (x as number) <= most.group),
    (issue) => `${show(issue.input)}: needs ${names.map((n) => `"${n}"`).join(", ")} or a number of sequences`,
  );

const balance = part({
  losses: v.array(
    v.strictObject({ group: groupOf("sequence", "batch"), alpha: scheduled }, (issue) =>
      issue.expected === "never" ? "unknown key" : `${show(issue.input)}: needs { group, alpha }`,
    ),
    (issue) => `${show(issue.input)}: needs a list of { group, alpha }`,
  ),
  zLoss: scheduled,
  bias: part({ gamma: scheduled, rule: choice("sign", "magnitude"), form: choice("additive", "multiplicative"), group: groupOf("batch") }),
});

const train = part({
  tokens: whole(1, most.tokens),
  steps: whole(1, most.steps),
  batchSize: whole(1, most.batchSize),
  seqLen: whole(2, most.seqLen),
  microBatch: whole(1, most.microBatch),
  clipNorm: positive,
  optimizer: part({ kind: choice("adamw"), lr: scheduled, beta1: belowOne, beta2: belowOne, eps: positive, weightDecay: notNegative }),
  schedule: part({
    kind: choice("cosine", "constant", "pieces"),
    warmup: fraction,
    final: fraction,
    pieces: piecesOf({ shape: choice("constant", "cosine"), value: notNegative }),
  }),
  evalEvery: whole(1, most.evalEvery),
  checkpointEverySeconds: positive,
  keep: choice("weights", "none"),
});

const precision = part({
  gemm: v.custom<null>((x) => x === null, "must be null in this version: every matrix product runs in float32"),
  moments: choice("f32"),
  keep: v.array(text),
});

const sections = {
  model,
  balance,
  train,
  precision,
  validation: part({
    windowsPerDomain: whole(1, most.windowsPerDomain),
    final: v.custom<number | "all">(
      (x) => x === "all" || (Number.isSafeInteger(x) && (x as number) >= 1 && (x as number) <= most.windowsPerDomain),
      (issue) => `${show(issue.input)}: needs "all" or a whole number of at least 1 and at most ${formatCount(most.windowsPerDomain)}`,
    ),
  }),
  data: part({
    mixture: namesTo(notNegative, (issue) => `${show(issue.input)}: needs domain names with weights`),
    order: choice("stratified", "random", "iid"),
  }),
};

const seedOffset = number(
  `a whole number, at most ${formatCount(most.seedOffset)} either way`,
  (x) => Number.isSafeInteger(x) && Math.abs(x) <= most.seedOffset,
);

/** All that decides an arm's runs: what the experiment says with the arm's patch over it. */
export const givenSchema = part({ ...sections, seedOffset });

const { validation: _ofTheExperiment, ...changeable } = sections;

/** Losses on different text cannot be compared. */
export const sameValidation = "validation belongs to the experiment: all its arms are validated on the same text";

/** What an arm may change. */
export const patchSchema = part({ ...changeable, seedOffset }, { validation: sameValidation });

const seed = whole(0, most.seed);

/** Name → what the arm changes; or a list of such pairs, which keeps the order of any names. */
const arms = v.lazy(
  (input): v.GenericSchema =>
    Array.isArray(input)
      ? v.array(v.strictTuple([text, patchSchema], (issue) => `${show(issue.input)}: needs a pair ["name", { what the arm changes }]`))
      : namesTo(patchSchema, (issue) => `${show(issue.input)}: needs arm names with what each changes`),
);

/** What `experiment(title, spec)` may be given. */
export const specSchema = part({
  ...sections,
  seedOffset,
  id: v.pipe(
    text,
    v.regex(/^[A-Za-z][\w-]*$/, (issue) => `${show(issue.input)}: an id starts with a letter and has only letters, digits, _ and -`),
  ),
  question: text,
  arms,
  baseline: text,
  seeds: v.lazy(
    (input): v.GenericSchema =>
      Array.isArray(input)
        ? v.pipe(
            v.array(seed),
            v.minLength(1, "needs at least one seed"),
            v.check((list) => new Set(list).size === list.length, "a seed is listed twice"),
          )
        : number("a number of seeds (at least 1) or a list of seeds", (x) => Number.isSafeInteger(x) && x >= 1),
  ),
  primary: v.pipe(
    v.array(text, (issue) => `${show(issue.input)}: needs a list of metric names`),
    v.minLength(1, "needs at least one metric"),
  ),
});

export const configSections = Object.keys(sections);

/** Keys that an object schema knows at `path`, for "did you mean". */
export function knownKeys(schema: unknown, path: readonly unknown[], input: unknown): string[] {
  // biome-ignore lint/suspicious/noExplicitAny: what a person wrote has no type until it is checked
  let at = schema as any;
  // biome-ignore lint/suspicious/noExplicitAny: what a person wrote has no type until it is checked
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
    at = at.entries ? own(at.entries as Record<string, unknown>, String(key)) : (at.items?.[key as number] ?? at.value ?? at.item);
    value = value?.[key as string];
  }
}

export type ExperimentSpec = v.InferOutput<typeof specSchema>;
export type ArmPatch = v.InferOutput<typeof patchSchema>;
