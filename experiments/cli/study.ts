/** A notebook file as far as its plan: parsed, compiled, its experiments asked for and checked. Nothing has been trained. */
import { basename, extname } from "node:path";
import { dataHash, domainNames } from "../../engine/data/corpus.ts";
import { budgetOverrides } from "../notebook/file/budget.ts";
import { compileNotebook, type CompiledCell } from "../notebook/cells/compile.ts";
import { openCellKernel } from "./cell-kernel.ts";
import type { ExperimentRequest } from "../request.ts";
import type { CellError, KernelHost } from "../notebook/kernel/protocol.ts";
import { parseNotebook, type Notebook } from "../notebook/file/markdown.ts";
import { readNotebookFile } from "../notebook/file/node/read.ts";
import { reachable } from "../notebook/cells/order.ts";
import { openDomains } from "../runs/store/node/corpora.ts";
import { experimentsProblem, mostExperiments } from "../runs/spec/limits.ts";
import { usableMemory } from "../runs/devices/node/memory.ts";
import { planExperiment, type ExperimentPlan } from "../runs/plan/plan.ts";
import { didYouMean, problemText } from "../runs/spec/problems.ts";
import { SpecError, resolveExperiments, type SpecOptions } from "../runs/spec/spec.ts";
import { metricDefinitions } from "../statistics/metrics.ts";
import type { StudyArguments } from "./arguments.ts";
import { RefusedError } from "./refused.ts";
import { withinSeconds } from "./time-limit.ts";

export interface OpenNotebook {
  path: string;
  /** file name */
  name: string;
  notebook: Notebook;
  /** in the order in which they are evaluated; with `--only`, that cell and those it reads */
  cells: CompiledCell[];
}

export interface PlannedStudy extends OpenNotebook {
  requests: ExperimentRequest[];
  plans: ExperimentPlan[];
  options: SpecOptions;
}

/** A notebook of a thousand cells takes a tenth of it. */
const readingSeconds = 10;

/** @throws {RefusedError} when the file cannot be read or a cell does not compile */
async function openNotebook({ notebook: path, only }: StudyArguments): Promise<OpenNotebook> {
  let text: string;
  try {
    const file = await readNotebookFile(path);
    if (file.format === "jupyter")
      throw new Error(
        `${basename(path)} is a Jupyter notebook: open it in the app, which imports it, and save it as ${basename(path, extname(path))}.md`,
      );
    ({ text } = file);
  } catch (error) {
    throw new RefusedError(`switchyard: ${(error as Error).message}`);
  }
  const { notebook, compiled } = withinSeconds(
    readingSeconds,
    () => {
      const notebook = parseNotebook(text);
      return { notebook, compiled: compileNotebook(notebook) };
    },
    () => new RefusedError(`switchyard: ${path}: its cells take longer than ${readingSeconds} s to read: does one nest without end?`),
  );
  const unread = notebook.warnings.filter(({ kind }) => kind === "too much");
  if (unread.length > 0) throw new RefusedError(unread.map(({ line, message }) => `${path}:${line}: ${message}`).join("\n"));
  const ids = compiled.cells.map((cell) => cell.id);
  if (only !== null && !ids.includes(only)) {
    const near = didYouMean(only, ids);
    throw new RefusedError(
      `switchyard: --only ${only}: there is no such cell${near ? ` (did you mean ${near}?)` : `; there are ${ids.join(", ")}`}`,
    );
  }
  const wanted = only === null ? new Set(ids) : new Set([only, ...reachable(only, compiled.graph.upstream)]);
  const cells = compiled.graph.order.filter((id) => wanted.has(id)).map((id) => compiled.byId.get(id)!);
  const errors = cells.flatMap((cell) => (cell.error ? [cell.error] : []));
  if (errors.length > 0) throw new RefusedError(errors.map((error) => `${path}: ${cellErrorText(error)}`).join("\n"));
  return { path, name: basename(path), notebook, cells };
}

/**
 * Evaluates the cells as far as they go without training, and checks every experiment they ask for.
 * @throws {RefusedError} with every problem, each with its cell
 */
export async function planStudy(study: StudyArguments): Promise<PlannedStudy> {
  const open = await openNotebook(study);
  const requests = await requestsOf(open);
  const options: SpecOptions = {
    domains: domainNames,
    metrics: Object.keys(metricDefinitions),
    sets: [...budgetSets(open.notebook, study.budget), ...study.sets],
    armSets: study.armSets,
    machineBytes: usableMemory(),
  };
  try {
    const plans = await Promise.all(
      resolveExperiments(requests, options).map(async (experiment) =>
        planExperiment(experiment, dataHash(await openDomains(experiment.domains))),
      ),
    );
    return { ...open, requests, plans, options };
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    throw new RefusedError(error.problems.map((problem) => `${open.path}: ${problemText(problem)}`).join("\n"));
  }
}

/** Evaluates the cells with a host that answers no experiment, and collects what they ask for. */
async function requestsOf({ path, cells }: OpenNotebook): Promise<ExperimentRequest[]> {
  const requests: ExperimentRequest[] = [];
  const host: KernelHost = {
    experiment: (request) => {
      // one more than may be, so that it is known that there are too many
      if (requests.length <= mostExperiments) requests.push(request);
      return Promise.reject(Object.assign(new Error("experiments are only planned, not run"), { name: "PlanOnly" }));
    },
    display: () => {},
    log: () => {},
  };
  const kernel = await openCellKernel(host);
  const errors: CellError[] = [];
  try {
    for (const cell of cells) {
      if (requests.length > mostExperiments) break;
      const outcome = await kernel.evaluate(cell);
      if (outcome.status === "failed") errors.push(outcome.error);
    }
  } finally {
    await kernel.dispose();
  }
  const many = experimentsProblem(requests.length);
  if (many) throw new RefusedError(`${path}: ${problemText(many)}`);
  if (errors.length > 0) throw new RefusedError(errors.map((error) => `${path}: ${cellErrorText(error)}`).join("\n"));
  return requests;
}

function budgetSets({ frontMatter }: Notebook, name: string | null): SpecOptions["sets"] & object {
  if (name === null) return [];
  const budget = Object.hasOwn(frontMatter.budget, name) ? frontMatter.budget[name] : null;
  if (!budget) {
    const known = Object.keys(frontMatter.budget);
    throw new RefusedError(
      `switchyard: --budget ${name}: the notebook declares ${known.length > 0 ? `only ${known.join(", ")}` : "no budgets"}`,
    );
  }
  return budgetOverrides(budget);
}

export function cellErrorText({ cell, line, column, name, message }: CellError): string {
  const place = line === null ? "" : `, line ${line}${column === null ? "" : `:${column}`}`;
  return `cell #${cell}${place}: ${name === "Error" || name === "SyntaxError" ? "" : `${name}: `}${message}`;
}
