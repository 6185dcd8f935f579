/** What a card of the gallery tells of its notebook before it is opened: its cost on this device, and the figure its runs draw. */
import { openKernelInBrowserWorker } from "../../experiments/notebook/kernel/kernel-browser.ts";
import KernelWorker from "../../experiments/notebook/kernel/worker.ts?worker";
import type { ExperimentRequest, FigureRequest } from "../../experiments/request.ts";
import type { DisplayItem, KernelHost } from "../../experiments/notebook/kernel/protocol.ts";
import { budgetOverrides } from "../../experiments/notebook/file/budget.ts";
import { compileNotebook } from "../../experiments/notebook/cells/compile.ts";
import { parseNotebook } from "../../experiments/notebook/file/markdown.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import { resultFromStore } from "../../experiments/runs/training/stored-result.ts";
import type { StudySettings } from "../workers/coordinator-service.ts";
import type { GalleryNotebook } from "../shipped/gallery.ts";
import type { Studies } from "./studies.svelte.ts";

/** What one budget of a notebook takes. */
export interface BudgetCost {
  budget: string;
  runs: number;
  /** runs whose result is there already */
  stored: number;
  /** of the runs that are not */
  tokens: number;
  /** for those, on this device; null where its speed is not known yet */
  seconds: number | null;
}

export interface CardFigure {
  request: FigureRequest;
  evidence: ReadonlyMap<string, ExperimentResult>;
}

export interface GalleryCard {
  costs: BudgetCost[];
  /** the first that the notebook shows, drawn from the runs that ship with it; null: none ship */
  figure: CardFigure | null;
}

/** Budgets that a reader chooses between; "smoke" is for tests. */
const told = ["quick", "full"];

/** What the kernel reads as "keep the request, train nothing". */
class PlanOnly extends Error {
  override readonly name = "PlanOnly";
}

/** Evaluates a notebook of the gallery as far as stored runs carry it. Trains nothing. */
export async function cardOf({ text, budget }: GalleryNotebook, studies: Studies): Promise<GalleryCard> {
  const notebook = parseNotebook(text);
  const { cells, graph } = compileNotebook(notebook);
  const ids = cells.filter((cell) => cell.kind === "experiment").map((cell) => cell.id);
  const settings = (name: string | null): StudySettings => ({
    sets: name === null ? [] : budgetOverrides(notebook.frontMatter.budget[name]),
    ids,
  });

  const requests: ExperimentRequest[] = [];
  const evidence = new Map<string, ExperimentResult>();
  const shown: DisplayItem[] = [];
  const host: KernelHost = {
    experiment: async (request) => {
      requests.push(request);
      if (budget === null) throw new PlanOnly("no runs ship with this notebook");
      const { plan, cached } = await studies.planOf(request, settings(budget));
      if (cached.length < plan.runs.length) throw new PlanOnly("not all of its runs are there");
      const result = await resultFromStore(plan, studies.store, []);
      evidence.set(result.id, result);
      return result;
    },
    display: (_cell, item) => void shown.push(item),
    log: () => {},
  };
  const kernel = await openKernelInBrowserWorker(host, () => new KernelWorker({ name: "gallery" }));
  try {
    for (const id of graph.order) await kernel.evaluate(cells.find((cell) => cell.id === id)!);
  } finally {
    await kernel.dispose();
  }
  const figure = shown.find((item) => item.kind === "figure");
  const budgets = told.filter((name) => Object.hasOwn(notebook.frontMatter.budget, name));
  const costs: BudgetCost[] = [];
  for (const name of budgets) costs.push(await costOf(name, requests, settings(name), studies));
  return { costs, figure: figure ? { request: figure.request, evidence } : null };
}

async function costOf(
  budget: string,
  requests: readonly ExperimentRequest[],
  settings: StudySettings,
  studies: Studies,
): Promise<BudgetCost> {
  const cost: BudgetCost = { budget, runs: 0, stored: 0, tokens: 0, seconds: 0 };
  for (const request of requests) {
    const { plan, cached, expectedSeconds } = await studies.planOf(request, settings);
    const missing = plan.runs.filter((run) => !cached.includes(run.id));
    cost.runs += plan.runs.length;
    cost.stored += cached.length;
    cost.tokens += missing.reduce((sum, { config: { train } }) => sum + train.steps * train.batchSize * train.seqLen, 0);
    if (missing.length > 0) cost.seconds = cost.seconds === null || expectedSeconds === null ? null : cost.seconds + expectedSeconds;
  }
  return cost;
}
