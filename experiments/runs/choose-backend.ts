/** Which backend trains a study, why, and how fast: what the command line and the app do before the first run. */
import type { BackendInfo, BackendName } from "../../engine/backends/backend.ts";
import type { RunConfig } from "../../engine/model/config.ts";
import type { DomainText } from "../../engine/train/protocol.ts";
import { chooseBackend, type Devices, NoBackendError } from "./backend-choice.ts";
import { costOf } from "./cost.ts";
import { type WorkerSpeed, studySeconds } from "./estimate.ts";
import type { OpenExecutor } from "./executors.ts";
import { fittingWorkers, MemoryError } from "./memory-limits.ts";
import { probe } from "./probe.ts";
import type { Rates } from "./rates.ts";

export interface StudyChoice {
  info: BackendInfo;
  /** for a person: why this backend, and with what it was compared */
  why: string;
  /** runs that train at once: as many as asked, fewer where memory ends */
  workers: number;
  /** of one worker, where it is known */
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
  /** runs that would train at once on a backend */
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
}

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
  if (!heaviest) return { ...first, workers: options.workers(first.info.name), speed: null, expectedSeconds: null };

  const cpu = devices.available.find(({ name }) => name === "cpu");
  const rivals = wanted === "auto" && first.info.name === "webgpu" && cpu ? [first.info, cpu] : [first.info];
  const { candidates, refused } = await thatFit(rivals, options);
  if (candidates.length === 0) throw refused[0];
  if (candidates.length === 1) {
    const [{ info, workers }] = candidates;
    const rate = estimate ? await speedOf(candidates[0], heaviest, options) : await known(candidates[0], heaviest, options);
    const why = refused.length > 0 ? refused[0].message : first.why;
    return { info, why, workers, ...estimateOf(runs, workers, rate instanceof Error ? null : rate) };
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
  const total = ({ candidate, speed }: Measured) => (speed instanceof Error ? 0 : candidate.workers * speed.flopsPerSecond);
  const [best, other] = [...measured].sort((a, b) => total(b) - total(a));
  const { speed, candidate } = best;
  if (speed instanceof Error) throw new NoBackendError(`No backend can train this: ${measured.map((m) => `${m.candidate.info.name}: ${(m.speed as Error).message}`).join("; ")}.`);
  const rate = (m: Measured) => {
    const { info, workers } = m.candidate;
    const at = `${info.name} (${info.adapter}${workers > 1 ? `, ${workers} at once` : ""})`;
    return m.speed instanceof Error ? `${at}: ${m.speed.message}` : `${at}: ${Math.round(total(m) / costOf(config).flopsPerToken).toLocaleString("en")} tokens/s`;
  };
  return {
    info: candidate.info,
    why: `the faster in a probe of this plan: ${rate(best)}; ${rate(other)}`,
    workers: candidate.workers,
    ...estimateOf(runs, candidate.workers, speed),
  };
}

async function thatFit(infos: BackendInfo[], { runs, workers, machineBytes }: ChoiceOptions): Promise<{ candidates: Candidate[]; refused: MemoryError[] }> {
  const candidates: Candidate[] = [];
  const refused: MemoryError[] = [];
  const largest = widest(runs);
  for (const info of infos) {
    try {
      let fits = workers(info.name);
      for (const config of largest) fits = Math.min(fits, await fittingWorkers(config, info, fits, machineBytes));
      candidates.push({ info, workers: fits });
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
      refused.push(error);
    }
  }
  return { candidates, refused };
}

async function known({ info, workers }: Candidate, config: RunConfig, { rates }: ChoiceOptions): Promise<WorkerSpeed | null> {
  const found = await rates.find(info, config, workers);
  return found && { flopsPerSecond: found.rate.flopsPerSecond / workers, startSeconds: found.rate.startSeconds };
}

/** From the cache, or a probe. A backend that cannot be probed is not chosen; why is told. */
async function speedOf({ info, workers }: Candidate, config: RunConfig, { rates, open, texts }: ChoiceOptions): Promise<WorkerSpeed | Error> {
  let rate = await rates.find(info, config, workers);
  if (!rate?.exact) {
    try {
      const measured = await probe(open, { config, texts: await texts(Object.keys(config.data.mixture)), backend: info.name, workers });
      rate = { rate: await rates.keep(info, config, workers, measured), exact: true };
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
  return { flopsPerSecond: rate.rate.flopsPerSecond / workers, startSeconds: rate.rate.startSeconds };
}

function estimateOf(runs: readonly RunConfig[], workers: number, speed: WorkerSpeed | null): Pick<StudyChoice, "speed" | "expectedSeconds"> {
  return { speed, expectedSeconds: speed && studySeconds(runs, speed, workers) };
}

const dearest = (runs: readonly RunConfig[]): RunConfig | undefined => [...runs].sort((a, b) => costOf(b).flops - costOf(a).flops)[0];

/** One run of each model and batch shape: seeds need the same memory. */
function widest(runs: readonly RunConfig[]): RunConfig[] {
  const kinds = new Map(runs.map((config) => [JSON.stringify([config.model, config.balance, config.train.seqLen, config.train.microBatch ?? config.train.batchSize]), config]));
  return [...kinds.values()];
}
