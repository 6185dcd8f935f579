/** Which backend trains a study, why, and how fast: what the command line and the app do before the first run. */
import type { BackendInfo, BackendName } from "../../../engine/backends/backend.ts";
import type { RunConfig } from "../../../engine/model/config.ts";
import type { DomainText } from "../../../engine/data/domain-text.ts";
import { chooseBackend, type Devices, NoBackendError } from "./backend-choice.ts";
import { costOf } from "../cost/cost.ts";
import { type WorkerSpeed, studySeconds } from "./estimate.ts";
import type { OpenExecutor } from "../training/executors.ts";
import { groupRules, replicasOn } from "../training/groups.ts";
import { fittingWorkers, MemoryError } from "../cost/memory-limits.ts";
import { probe } from "./probe.ts";
import type { Rates } from "./rates.ts";

export interface StudyChoice {
  info: BackendInfo;
  /** for a person: why this backend, and with what it was compared */
  why: string;
  /** groups of runs that train at once: as many as asked, fewer where memory ends */
  workers: number;
  /** runs of the most expensive program that each of them trains side by side */
  replicas: number;
  /** of one run among all that train at once, where it is known */
  speed: WorkerSpeed | null;
  /** until the last run ends, where the speed is known */
  expectedSeconds: number | null;
}

export interface ChoiceOptions {
  wanted: BackendName | "auto";
  devices: Devices;
  /** every run that is to be trained; none: everything is in the store */
  runs: readonly RunConfig[];
  texts(names: readonly string[]): Promise<DomainText[]>;
  open: OpenExecutor;
  /** workers that would train at once on a backend */
  workers(backend: BackendName): number;
  /** memory of the machine */
  machineBytes: number;
  rates: Rates;
  /** probe also where nothing hangs on it but the estimate */
  estimate?: boolean;
}

/** One backend that could train the study. */
interface Candidate {
  info: BackendInfo;
  workers: number;
  replicas: number;
}

const atOnce = ({ workers, replicas }: Candidate): number => workers * replicas;

/**
 * A software adapter or none: the CPU. A hardware adapter: the faster of GPU and CPU in a one-second probe of the study's most expensive plan. What was
 * measured of this very plan before is taken instead of probing again. The choice holds for the whole study: devices are never mixed.
 * @throws {NoBackendError} when what is wanted is not there
 * @throws {MemoryError} when a run of the study does not fit, with the numbers
 */
export async function chooseForStudy(options: ChoiceOptions): Promise<StudyChoice> {
  const { wanted, devices, runs, estimate = false } = options;
  const first = chooseBackend(devices, wanted);
  const heaviest = dearest(runs);
  if (!heaviest) return { ...first, workers: options.workers(first.info.name), replicas: 1, speed: null, expectedSeconds: null };

  const cpu = devices.available.find(({ name }) => name === "cpu");
  const rivals = wanted === "auto" && first.info.name === "webgpu" && cpu ? [first.info, cpu] : [first.info];
  const { candidates, refused } = await thatFit(rivals, options);
  if (candidates.length === 0) throw refused[0];
  if (candidates.length === 1) {
    const [{ info, workers, replicas }] = candidates;
    const rate = estimate ? await speedOf(candidates[0], heaviest, options) : await known(candidates[0], heaviest, options);
    const why = refused.length > 0 ? refused[0].message : first.why;
    return { info, why, workers, replicas, ...estimateOf(runs, candidates[0], rate instanceof Error ? null : rate) };
  }
  const measured = [];
  for (const candidate of candidates) measured.push({ candidate, speed: await speedOf(candidate, heaviest, options) });
  return fastest(measured, heaviest, runs);
}

interface Measured {
  candidate: Candidate;
  /** or why there is none */
  speed: WorkerSpeed | Error;
}

function fastest(measured: Measured[], config: RunConfig, runs: readonly RunConfig[]): StudyChoice {
  const total = ({ candidate, speed }: Measured) => (speed instanceof Error ? 0 : atOnce(candidate) * speed.flopsPerSecond);
  const [best, other] = [...measured].sort((a, b) => total(b) - total(a));
  const { speed, candidate } = best;
  if (speed instanceof Error)
    throw new NoBackendError(
      `No backend can train this: ${measured.map((m) => `${m.candidate.info.name}: ${(m.speed as Error).message}`).join("; ")}.`,
    );
  const rate = (m: Measured) => {
    const { info } = m.candidate;
    const at = `${info.name} (${info.adapter}${atOnce(m.candidate) > 1 ? `, ${atOnce(m.candidate)} at once` : ""})`;
    return m.speed instanceof Error
      ? `${at}: ${m.speed.message}`
      : `${at}: ${Math.round(total(m) / costOf(config).flopsPerToken).toLocaleString("en")} tokens/s`;
  };
  return {
    info: candidate.info,
    why: `the faster in a probe of this plan: ${rate(best)}; ${rate(other)}`,
    workers: candidate.workers,
    replicas: candidate.replicas,
    ...estimateOf(runs, candidate, speed),
  };
}

async function thatFit(
  infos: BackendInfo[],
  { runs, workers, machineBytes }: ChoiceOptions,
): Promise<{ candidates: Candidate[]; refused: MemoryError[] }> {
  const candidates: Candidate[] = [];
  const refused: MemoryError[] = [];
  const largest = widest(runs);
  for (const info of infos) {
    try {
      let fits = workers(info.name);
      for (const config of largest) fits = Math.min(fits, await fittingWorkers(config, info, fits, machineBytes));
      candidates.push({ info, workers: fits, replicas: sideBySide(info, runs) });
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
      refused.push(error);
    }
  }
  return { candidates, refused };
}

/** Runs that a worker trains side by side where the most expensive program does. */
function sideBySide(info: BackendInfo, runs: readonly RunConfig[]): number {
  const rules = groupRules(runs, replicasOn(info));
  const { program, size } = rules[runs.indexOf(dearest(runs)!)];
  return Math.min(size, rules.filter((rule) => rule.program === program).length);
}

async function known(candidate: Candidate, config: RunConfig, { rates }: ChoiceOptions): Promise<WorkerSpeed | null> {
  const found = await rates.find(candidate.info, config, atOnce(candidate));
  return found && { flopsPerSecond: found.rate.flopsPerSecond / atOnce(candidate), startSeconds: found.rate.startSeconds };
}

/** From the cache, or a probe. A backend that cannot be probed is not chosen; why is told. */
async function speedOf(candidate: Candidate, config: RunConfig, { rates, open, texts }: ChoiceOptions): Promise<WorkerSpeed | Error> {
  const { info, workers, replicas } = candidate;
  const together = atOnce(candidate);
  let rate = await rates.find(info, config, together);
  if (!rate?.exact) {
    try {
      const measured = await probe(open, {
        config,
        texts: await texts(Object.keys(config.data.mixture)),
        backend: info.name,
        workers,
        replicas,
      });
      rate = { rate: await rates.keep(info, config, together, measured), exact: true };
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
  return { flopsPerSecond: rate.rate.flopsPerSecond / together, startSeconds: rate.rate.startSeconds };
}

function estimateOf(
  runs: readonly RunConfig[],
  candidate: Candidate,
  speed: WorkerSpeed | null,
): Pick<StudyChoice, "speed" | "expectedSeconds"> {
  return { speed, expectedSeconds: speed && studySeconds(runs, speed, atOnce(candidate)) };
}

const dearest = (runs: readonly RunConfig[]): RunConfig | undefined => [...runs].sort((a, b) => costOf(b).flops - costOf(a).flops)[0];

/** One run of each model and batch shape: seeds need the same memory. */
function widest(runs: readonly RunConfig[]): RunConfig[] {
  const kinds = new Map(
    runs.map((config) => [
      JSON.stringify([config.model, config.balance, config.train.seqLen, config.train.microBatch ?? config.train.batchSize]),
      config,
    ]),
  );
  return [...kinds.values()];
}
