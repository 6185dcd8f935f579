import { dataHash } from "../../../engine/data/corpus.ts";
import { shippedResults } from "../../gallery/shipped.node.ts";
import type { ExperimentRequest } from "../../request.ts";
import { commandLine } from "../../report/command.ts";
import { openDomains } from "../../runs/store/node/corpora.ts";
import { readManifest } from "../../runs/store/node/manifest.ts";
import { planExperiment } from "../../runs/plan/plan.ts";
import type { Override } from "../../request.ts";
import { armSetsOf, resolveExperiment } from "../../runs/spec/spec.ts";
import { resultFromStore } from "../../runs/training/stored-result.ts";
import { reportArguments, type StudyArguments } from "../arguments.ts";
import { documentBlocks, evaluateCells } from "../evaluate.ts";
import { remark, say } from "../output.ts";
import { resultsOf, titleOf } from "./run.ts";
import { refuseForeignFolder } from "../refuse-overwriting.ts";
import { openStores } from "../stores.ts";
import { cellErrorText, planStudy } from "../study.ts";
import { exportsAsked, writeExports } from "../write-exports.ts";
import { writeReportFiles } from "../write-report.ts";

/**
 * `switchyard report`: the report of what the store holds, training nothing. Unless told otherwise it shows the study as it
 * was last run (budget, seeds, overrides), which the store's manifest remembers. Without `--html`, `--pdf` or `--md` it is
 * written where `run` writes it.
 * @returns 1 when a run that belongs to it is missing, diverged or failed
 */
export async function report(argv: string[]): Promise<number> {
  const args = reportArguments(argv);
  if (args.out !== null && !exportsAsked(args)) await refuseForeignFolder(args.out, args.notebook, args.force);
  const notice = (text: string) => remark(`${text}\n`);
  const { store, folder, files, gallery } = openStores(args.notebook, args.out, notice);
  const remembered = args.explicit
    ? null
    : ((await readManifest(folder, files, notice)) ?? (gallery === null ? null : await readManifest(shippedResults(gallery))));
  const study: StudyArguments = remembered
    ? {
        ...remembered.arguments,
        sets: remembered.arguments.sets as Override[],
        armSets: remembered.arguments.armSets as Override[],
        notebook: args.notebook,
      }
    : args;
  const planned = await planStudy(study);
  const experiments = await Promise.all(
    planned.plans.map(async (plan) => resultFromStore(plan, store, await openDomains(plan.experiment.domains))),
  );
  const answer = async (request: ExperimentRequest) => {
    const at = planned.requests.findIndex((known) => known.cell === request.cell && known.index === request.index);
    if (at >= 0) return experiments[at];
    const experiment = resolveExperiment(request, { ...planned.options, armSets: armSetsOf(request, planned.options.armSets) });
    const texts = await openDomains(experiment.domains);
    const result = await resultFromStore(planExperiment(experiment, dataHash(texts)), store, texts);
    experiments.push(result);
    return result;
  };
  const shown = await evaluateCells(planned, answer, { log: (cell, level, text) => notice(`#${cell} ${level}: ${text}`) });
  for (const error of shown.errors.values()) notice(`${args.notebook}: ${cellErrorText(error)}`);
  const runs = experiments.flatMap((experiment) => experiment.arms.flatMap((arm) => arm.runs));
  const missing = runs.filter((run) => run.status === "queued").length;
  if (missing > 0) notice(`${missing} of ${runs.length} runs are not in the store; switchyard run trains them.`);
  const document = {
    title: titleOf(planned),
    blocks: documentBlocks(planned, shown),
    results: resultsOf(planned.name, experiments),
    command: commandLine({ ...study, notebook: planned.name }),
  };
  const problems = new Set<string>();
  const onProblem = (text: string) => void problems.add(text);
  const written = exportsAsked(args)
    ? await writeExports(args, document, onProblem)
    : [(await writeReportFiles(folder, document, files, { onProblem, onNotice: notice })).report];
  problems.forEach(notice);
  for (const path of written) say(`report: ${path}\n`);
  return runs.every((run) => run.status === "done") && shown.errors.size === 0 && problems.size === 0 ? 0 : 1;
}
