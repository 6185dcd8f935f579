import type { BackendInfo } from "../../engine/backends/backend.ts";
import type { Measurement, OpTime } from "../../engine/bench/measure.ts";
import type { BenchModel } from "../../engine/bench/models.ts";

/** What `switchyard bench` says of one model on one backend: all workers together. Rates are per second. */
export interface BenchSummary {
  model: BenchModel;
  backend: BackendInfo;
  workers: number;
  replicas: number;
  rounds: number;
  tokensPerSecond: { median: number; best: number };
  /** of one worker's step */
  stepMilliseconds: number;
  flopsPerToken: number;
  flopsPerSecond: number;
  /** the backend's rate on the model's own matrix products */
  productFlopsPerSecond: number;
  /** share of a step's FLOPs that are matrix products */
  productShare: number;
  /** median over rounds of achieved rate ÷ product rate of the same round */
  ratio: number;
  firstStepMilliseconds: number;
  /** linear or device memory of one worker */
  memoryBytes: number | null;
  /** the process at its largest */
  residentBytes: number;
  dispatchesPerStep: number | null;
  /** bytes that a step of all replicas reads and writes, by the plan's count */
  bytesPerStep: number | null;
  /** what training side by side gains; null for one replica */
  sideBySide: {
    /** one run by itself, timed in turn with all of them, all workers together */
    alone: { tokensPerSecond: number; stepMilliseconds: number };
    /** of as many runs trained one after another, divided by that of all at once: median over rounds */
    gain: number;
  } | null;
  /** of the first worker: at the first step and at the last */
  losses: { first: number; last: number };
  profile: OpTime[];
}

export function summarise(model: BenchModel, replicas: number, measurements: Measurement[], residentBytes: number): BenchSummary {
  const [first] = measurements;
  const { tokensPerStep, flopsPerStep, productFlops } = first;
  const rounds = Math.min(...measurements.map(({ pairs }) => pairs.length));
  // workers time the same round at the same time, so their rates add up
  const sum = (value: (pair: Measurement["pairs"][number]) => number) =>
    Array.from({ length: rounds }, (_, round) => measurements.reduce((total, { pairs }) => total + value(pairs[round]), 0));
  const steps = sum(({ step }) => 1000 / step);
  const products = sum(({ products: time }) => (1000 * productFlops) / time);
  return {
    model,
    backend: first.info,
    workers: measurements.length,
    replicas,
    rounds,
    tokensPerSecond: { median: tokensPerStep * median(steps), best: tokensPerStep * Math.max(...steps) },
    stepMilliseconds: median(measurements.flatMap(({ pairs }) => pairs.map(({ step }) => step))),
    flopsPerToken: flopsPerStep / tokensPerStep,
    flopsPerSecond: flopsPerStep * median(steps),
    productFlopsPerSecond: median(products),
    productShare: productFlops / flopsPerStep,
    ratio: median(steps.map((rate, round) => (rate * flopsPerStep) / products[round])),
    firstStepMilliseconds: median(measurements.map(({ compileTime, firstStepTime }) => compileTime + firstStepTime)),
    memoryBytes: first.memoryBytes,
    residentBytes,
    dispatchesPerStep: first.dispatchesPerStep,
    bytesPerStep: first.bytesPerStep,
    sideBySide: sideBySide(replicas, measurements, rounds),
    losses: { first: first.losses[0], last: first.losses.at(-1)! },
    profile: first.profile,
  };
}

function sideBySide(replicas: number, measurements: Measurement[], rounds: number): BenchSummary["sideBySide"] {
  const timed = measurements.map(({ pairs }) =>
    pairs.slice(0, rounds).flatMap(({ step, alone }) => (alone === null ? [] : [{ step, alone }])),
  );
  if (timed.some((pairs) => pairs.length < rounds)) return null;
  const tokens = measurements[0].tokensPerStep / replicas;
  const rates = Array.from({ length: rounds }, (_, round) => timed.reduce((sum, pairs) => sum + (1000 * tokens) / pairs[round].alone, 0));
  return {
    alone: { tokensPerSecond: median(rates), stepMilliseconds: median(timed.flat().map(({ alone }) => alone)) },
    gain: median(timed.flat().map(({ step, alone }) => (replicas * alone) / step)),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
