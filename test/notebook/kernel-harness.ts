/** A kernel with a host that remembers what it was told. */
import { compileCells } from "../../experiments/notebook/cells/compile.ts";
import { createKernel } from "../../experiments/notebook/kernel/kernel.ts";
import type { ExperimentRequest } from "../../experiments/request.ts";
import type {
  CellOutcome,
  CompiledCell,
  DisplayItem,
  Kernel,
  KernelHost,
  KernelOptions,
} from "../../experiments/notebook/kernel/protocol.ts";
import type { ExperimentResult, RunResult } from "../../experiments/results.ts";

export interface Harness {
  kernel: Kernel;
  requests: ExperimentRequest[];
  displays: { cell: string; item: DisplayItem }[];
  logs: string[];
  /** compiles the cells against each other and evaluates them in order */
  run(sources: Record<string, string>): Promise<Record<string, CellOutcome>>;
}

export async function openHarness(
  answer: (request: ExperimentRequest) => Promise<ExperimentResult> = async (request) => resultOf(request.title),
  options: KernelOptions = {},
): Promise<Harness> {
  const requests: ExperimentRequest[] = [];
  const displays: Harness["displays"] = [];
  const logs: string[] = [];
  const host: KernelHost = {
    experiment: (request) => {
      requests.push(request);
      return answer(request);
    },
    display: (cell, item) => void displays.push({ cell, item }),
    log: (cell, level, text) => void logs.push(`${cell} ${level} ${text}`),
  };
  const kernel = await createKernel(host, options);
  return { kernel, requests, displays, logs, run: (sources) => runCells(kernel, sources) };
}

export async function runCells(kernel: Kernel, sources: Record<string, string>): Promise<Record<string, CellOutcome>> {
  const { cells, graph } = compileCells(Object.entries(sources).map(([id, source]) => ({ id, source })));
  const outcomes: Record<string, CellOutcome> = {};
  for (const id of graph.order) outcomes[id] = await kernel.evaluate(cells.find((cell) => cell.id === id)!);
  return outcomes;
}

/** A cell that the compiler would refuse, as an attacker who got past it would write it. */
export function rawCell(id: string, body: string, more: Partial<CompiledCell> = {}): CompiledCell {
  const code = `"use strict";(($scope) => { const { display, console } = $scope.api; return async () => {\n${body}\n;return { defined: {}, last: undefined }; } })`;
  return { id, kind: "view", defines: [], reads: [], libraries: [], code, inserted: null, error: null, ...more };
}

function runOf(arm: string, seedIndex: number, valLoss: number): RunResult {
  const eval_ = {
    step: 2,
    tokens: 20,
    seconds: 2,
    valLoss,
    valLossError: 0.01,
    valBpb: { all: valLoss / Math.LN2, prose: 1 },
    mtpLoss: [3],
    agreement: [0.6, 0.3],
    acceptance: [0.5, 0.25],
    maxVioGlobal: 0.1,
    maxVioFloor: 0.01,
    routingEntropy: 1,
    specialisation: 0.2,
    expertCounts: [[[1, 2]]],
  };
  return {
    arm,
    seed: { init: seedIndex, data: seedIndex },
    seedIndex,
    key: "0".repeat(64),
    status: "done",
    error: null,
    divergedAt: null,
    cached: false,
    steps: 2,
    tokens: 20,
    seconds: 2,
    provenance: null,
    curves: "runs/0/metrics.jsonl",
    metrics: {
      ...eval_,
      trainLoss: 4,
      balanceLoss: NaN,
      gradNorm: 1,
      skippedSteps: 0,
      clippedSteps: 1,
      tokensPerSecond: 10,
      maxVioBatch: 0.2,
      domains: ["prose"],
    },
    events: [1, 2].map(
      (step) =>
        ({
          kind: "step",
          step,
          tokens: step * 10,
          seconds: step,
          trainLoss: 5 - step,
          mtpLoss: [3],
          balanceLoss: 0,
          gradNorm: 1,
          clipped: false,
          skipped: false,
          lr: 1e-3,
          maxVioBatch: 0.3,
        }) as const,
    ),
  };
}

/** A small finished experiment of two arms and two seeds. */
export function resultOf(title: string, id = title): ExperimentResult {
  const arm = (name: string, loss: number) => ({
    name,
    patch: {},
    config: {} as never,
    params: 10,
    activeParams: 5,
    flopsPerToken: 60,
    runs: [runOf(name, 0, loss), runOf(name, 1, loss + 0.5)],
    mean: { valLoss: loss + 0.25 },
    sd: { valLoss: 0.35 },
    n: 2,
  });
  return {
    id,
    cell: "",
    title,
    question: null,
    baseline: "a",
    primary: ["valLoss"],
    domains: ["prose"],
    dataHash: "d",
    bigramEntropy: { prose: 2.4 },
    arms: [arm("a", 2), arm("b", 3)],
    comparisons: [],
  };
}
