import { join } from "node:path";
import canonicalize from "canonicalize";
import { dataHash } from "../../../engine/data/corpus.ts";
import { semantics } from "../../../engine/model/config.ts";
import type { ExperimentRequest } from "../../request.ts";
import type { ExperimentResult, Results } from "../../results.ts";
import { commandLine } from "../../report/command.ts";
import { openDomains } from "../../runs/store/node/corpora.ts";
import { Coordinator, type Study } from "../../runs/training/coordinator.ts";
import { replicasOn } from "../../runs/training/groups.ts";
import { encode } from "../../runs/store/json.ts";
import { rememberStore } from "../../runs/index/node/stores.ts";
import type { FileSystem } from "../../runs/store/node/filesystem.ts";
import { writeManifest } from "../../runs/store/node/manifest.ts";
import { nameExperiment } from "../../runs/store/named-experiment.ts";
import { firstMiss, lookUp, planExperiment } from "../../runs/plan/plan.ts";
import { Rates } from "../../runs/devices/rates.ts";
import { nodeRates } from "../../runs/devices/node/rates.ts";
import { armSetsOf, resolveExperiment } from "../../runs/spec/spec.ts";
import { StoreWriteError } from "../../runs/store/store.ts";
import { engineVersion } from "../../runs/store/version.ts";
import { metricDefinitions } from "../../statistics/metrics.ts";
import { runArguments, type RunArguments } from "../arguments.ts";
import { documentBlocks, evaluateCells } from "../evaluate.ts";
import { onInterrupt } from "../interrupt.ts";
import { remark } from "../output.ts";
import { presenterFor } from "../presenters/choose.ts";
import { refuseForeignFolder } from "../refuse-overwriting.ts";
import { openStores } from "../stores.ts";
import { cellErrorText, planStudy, type OpenNotebook } from "../study.ts";
import { findBackend } from "../workers.ts";
import { writeReportFiles } from "../write-report.ts";

/** `switchyard run`: plans everything, trains what is missing, evaluates the cells, writes results and report. */
export async function run(argv: string[]): Promise<number> {
  const args = runArguments(argv);
  if (args.out !== null) await refuseForeignFolder(args.out, args.notebook, args.force);
  const planned = await planStudy(args);
  const present = presenterFor(args);
  for (const warning of planned.notebook.warnings) present.notice(`${args.notebook}:${warning.line}: ${warning.message}`);

  const { store, folder, files } = openStores(args.notebook, args.out, present.notice);
  const caches = await Promise.all(planned.plans.map((plan) => lookUp(plan, store)));
  const missing = planned.plans.flatMap(({ runs }, i) => runs.filter((run) => args.fresh || !caches[i].cached.has(run.id)));
  const rates = new Rates(nodeRates(present.notice));
  const { choice, open, close } = await findBackend(args.backend, { runs: missing.map((run) => run.config), jobs: args.jobs, rates });
  const { workers } = choice;
  const coordinator = new Coordinator({
    store,
    openExecutor: open,
    workers,
    replicas: replicasOn(choice.info),
    backend: choice.info.name,
    domains: openDomains,
  });
  coordinator.subscribe(present.event);
  const studies = new Map<string, Study>();
  const stopAll = (): void => studies.forEach((study) => study.stop());
  const interrupt = onInterrupt(() => {
    present.close();
    remark("Stopping; checkpoints are being kept. Ctrl-C again ends at once.\n");
    stopAll();
  });
  try {
    present.device(choice);
    for (const [i, plan] of planned.plans.entries()) present.plan(plan, caches[i], await firstMiss(plan, caches[i]));
    // all experiments train side by side; a cell that asks for one then waits for it
    planned.requests.forEach((request, i) => studies.set(identity(request), coordinator.submit(planned.plans[i], args)));
    // Ctrl-C while the plan was being told
    if (interrupt.happened) stopAll();
    const answer = async (request: ExperimentRequest): Promise<ExperimentResult> => {
      let study = studies.get(identity(request));
      if (!study) {
        const before = planned.requests.find(({ cell, index }) => cell === request.cell && index === request.index);
        if (before)
          throw new Error(
            `#${request.cell} asks for another experiment than when it was planned (“${before.title}”): nothing of it was trained; what a cell asks for must follow from the notebook alone`,
          );
        // only known now that the cells before it have results
        const experiment = resolveExperiment(request, { ...planned.options, armSets: armSetsOf(request, planned.options.armSets) });
        study = coordinator.submit(planExperiment(experiment, dataHash(await openDomains(experiment.domains))), args);
        studies.set(identity(request), study);
      }
      return study.finished;
    };
    const shown = await evaluateCells(planned, answer, { log: present.log, stopped: () => interrupt.happened });
    // an interrupted notebook has not asked for all of them
    const results = await Promise.all([...studies.values()].map((study) => study.finished));
    present.close();
    const runs = results.flatMap((experiment) => experiment.arms.flatMap((arm) => arm.runs));
    // with fewer runs than workers they had the machine to themselves, and side by side the groups differ: neither is what the rate is of
    if (missing.length >= workers && choice.replicas === 1)
      for (const { config, runs: own } of results.flatMap((experiment) => experiment.arms))
        await rates.learn(choice.info, config, workers, own);
    const lost = [...(await keepManifest(folder, files, planned, args, results, present.notice)), ...store.unsaved()];
    if (lost.length > 0) present.notice(lostText(lost));
    if (interrupt.happened) {
      const command = ["switchyard", "run", ...argv]
        .map((word) => (/^[\w./=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
        .join(" ");
      const done = runs.filter((run) => run.status === "done" || run.status === "diverged").length;
      remark(
        `Stopped with ${done} of ${runs.length} runs finished; the others go on from their checkpoints with\n  ${command.replace(" --fresh", "")}\n`,
      );
      return 130;
    }
    results.forEach(present.result);
    for (const error of shown.errors.values()) present.notice(`${args.notebook}: ${cellErrorText(error)}`);
    const document = {
      title: titleOf(planned),
      blocks: documentBlocks(planned, shown),
      results: resultsOf(planned.name, results),
      command: commandLine({ ...args, notebook: planned.name }),
    };
    const problems: string[] = [];
    const written = await writeReportFiles(folder, document, files, {
      onProblem: (text) => void problems.push(text),
      onNotice: present.notice,
    }).catch((error: unknown) => {
      if (!(error instanceof StoreWriteError)) throw error;
      present.notice(error.message);
      return null;
    });
    if (written === null) return 1;
    for (const text of problems) present.notice(text);
    present.wrote(written);
    return lost.length > 0 || runs.some((run) => run.status !== "done") || shown.errors.size > 0 || problems.length > 0 ? 1 : 0;
  } finally {
    present.close();
    interrupt.remove();
    await coordinator.close();
    await close();
  }
}

/** Requests are told apart by what they ask, so that a cell that asks differently the second time is not given the wrong result. */
const identity = (request: ExperimentRequest): string => canonicalize(JSON.parse(encode(request))) as string;

export const titleOf = ({ notebook, name }: OpenNotebook): string => notebook.frontMatter.title ?? name;

export function resultsOf(notebook: string, experiments: ExperimentResult[]): Results {
  return { schema: "switchyard.results/1", notebook, engine: engineVersion, semantics, metrics: metricDefinitions, experiments };
}

/** @returns what could not be written */
async function keepManifest(
  folder: string,
  files: FileSystem,
  { name }: OpenNotebook,
  { budget, only, sets, armSets }: RunArguments,
  results: readonly ExperimentResult[],
  notice: (text: string) => void,
): Promise<string[]> {
  try {
    await writeManifest(
      folder,
      { notebook: name, arguments: { budget, only, sets, armSets }, experiments: results.map(nameExperiment) },
      files,
    );
    await rememberStore(folder);
    return [];
  } catch (error) {
    if (!(error instanceof StoreWriteError)) throw error;
    notice(error.message);
    return [join(folder, "manifest.json")];
  }
}

const mostNamed = 8;

function lostText(paths: readonly string[]): string {
  const named = paths.slice(0, mostNamed).join(", ");
  return `Not saved, and lost when the program ends: ${named}${paths.length > mostNamed ? ` and ${paths.length - mostNamed} more` : ""}.`;
}
