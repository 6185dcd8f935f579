/** Whether a run is of a size that a machine can hold and a person can wait for, told from its config alone. */
import type { RunConfig } from "../../../engine/model/config.ts";
import { planBytes, planRun } from "../../../engine/plan/plan.ts";
import { formatCount } from "../../statistics/numbers.ts";
import type { ConfigProblem } from "./checks.ts";
import { costOf } from "../cost/cost.ts";
import { gigabytes, usableShare } from "../cost/memory-limits.ts";

/** Offsets into a tensor are 32-bit. */
const mostElements = 2 ** 31 - 1;

/** More than a graphics card makes of miniature models; what needs a year at this speed needs many here. */
const fastFlops = 1e13;
const year = 365 * 24 * 3600;

/** Sequences that go through the model at once, times their length. */
const tokensAtOnce = ({ train }: RunConfig): number => (train.microBatch ?? train.batchSize) * train.seqLen;

/** Its largest tensors, with what they are made of. */
function tensorsOf(config: RunConfig): [elements: number, what: string][] {
  const { model } = config;
  const tokens = tokensAtOnce(config);
  const sequences = "sequences at once × train.seqLen";
  return [
    [tokens * model.vocabSize, `the model's output, ${sequences} × model.vocabSize`],
    [tokens * model.hiddenSize, `the residual stream, ${sequences} × model.hiddenSize`],
    [tokens * model.nRoutedExperts, `the experts' affinities, ${sequences} × model.nRoutedExperts`],
    [
      tokens * model.numExpertsPerTok * model.moeIntermediateSize,
      `the experts' activations, ${sequences} × model.numExpertsPerTok × model.moeIntermediateSize`,
    ],
    [costOf(config).params, "the parameters together"],
  ];
}

/** Bytes that a run needs whatever else it needs: parameters with gradients and moments, and what the backward pass reads again. */
export function leastBytes(config: RunConfig): number {
  const { model } = config;
  const dense = model.firstKDenseReplace;
  const moe = model.numHiddenLayers - dense;
  const feedForward = 2 * moe * model.numExpertsPerTok * model.moeIntermediateSize + 2 * dense * model.intermediateSize;
  const kept = model.vocabSize + 4 * model.hiddenSize * model.numHiddenLayers + feedForward;
  return 16 * costOf(config).params + 4 * tokensAtOnce(config) * kept;
}

/** No plan needs this many times its `leastBytes`: what is that far from the limit need not be planned to know that it fits. */
const mostTimesLeast = 16;
/** Laying out a plan takes seconds for models deeper than this. */
const deepest = 64;

/** Without the machine's memory, only what no machine can hold is refused. */
export function checkSize(config: RunConfig, machineBytes: number | undefined): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const say = (message: string) => problems.push({ path: [], message });
  const [elements, what] = tensorsOf(config).reduce((a, b) => (b[0] > a[0] ? b : a));
  if (elements > mostElements)
    say(`needs a tensor of ${formatCount(elements)} numbers (${what}); ${formatCount(mostElements)} are the most`);
  const least = leastBytes(config);
  if (machineBytes !== undefined && least > usableShare * machineBytes) say(`one run needs at least ${tooMuch(least, machineBytes)}`);
  const { flops } = costOf(config);
  if (flops > fastFlops * year) {
    const years = `${formatCount(Math.ceil(flops / fastFlops / year))} years at ${fastFlops / 1e12} TFLOP/s`;
    say(
      `one run takes ${flops.toExponential(1)} floating-point operations: ${years}. One year is the most; fewer train.steps or a smaller model take less`,
    );
  }
  return problems;
}

/** The same from the run's actual layout, for the largest of `configs`. */
export function checkLargest(configs: readonly RunConfig[], machineBytes: number): { config: RunConfig; message: string } | null {
  const config = configs.reduce((a, b) => (leastBytes(b) > leastBytes(a) ? b : a));
  const { numHiddenLayers, mtp } = config.model;
  if (mostTimesLeast * leastBytes(config) <= usableShare * machineBytes || numHiddenLayers + mtp.depth > deepest) return null;
  const bytes = planBytes(planRun(config));
  return bytes > usableShare * machineBytes ? { config, message: `one run needs ${tooMuch(bytes, machineBytes)}` } : null;
}

const tooMuch = (bytes: number, machineBytes: number): string =>
  `${gigabytes(bytes)} of memory, and of this machine's ${gigabytes(machineBytes)} at most ${100 * usableShare} % may be used. ` +
  "A smaller model or train.microBatch needs less";
