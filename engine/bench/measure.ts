import type { Backend, BackendInfo, Executable } from "../backends/backend.ts";
import { BatchSource } from "../data/batches.ts";
import type { RunConfig } from "../model/config.ts";
import { planRun } from "../plan/plan.ts";
import type { ListName, Plan } from "../plan/plan-types.ts";
import type { DomainText } from "../data/domain-text.ts";
import { numbersOfStep } from "../train/schedule.ts";
import { ReplicaSet } from "../train/replica-set.ts";
import { initialiseWeights } from "../train/weights.ts";
import { modelFlops, type ProductBench, withProducts } from "./products.ts";

export interface MeasureOptions {
  /** whole steps to time, after the warm-up */
  rounds: number;
  /** ends the rounds early, but not before `fewestRounds` */
  maxSeconds: number;
  /** runs side by side; more than one are timed in turn with one alone */
  replicas: number;
  /** also time every op by itself */
  profile: boolean;
  /** called before each timed stretch, so that several workers time the same thing at the same time; false ends the rounds for all of them */
  together?(go: boolean): Promise<boolean>;
}

/** One worker's figures; times in milliseconds. */
export interface Measurement {
  info: BackendInfo;
  /** of one optimizer step of all replicas */
  tokensPerStep: number;
  /** that one step of all replicas needs, however it is computed (see `modelFlops`) */
  flopsPerStep: number;
  /** of the step's matrix products, all replicas */
  productFlops: number;
  /** planning, compiling and drawing the weights */
  compileTime: number;
  /** the first optimizer step by itself */
  firstStepTime: number;
  /** per round: mean time of a step of all replicas, of one run's step by itself (null: there is one replica), and of the step's products alone */
  pairs: { step: number; alone: number | null; products: number }[];
  /** losses of the first steps, to see that it learns */
  losses: number[];
  memoryBytes: number | null;
  dispatchesPerStep: number | null;
  /** read and written by a step of all replicas, by the plan's count */
  bytesPerStep: number | null;
  profile: OpTime[];
}

export interface OpTime {
  /** kind, with the sizes for matrix products */
  label: string;
  calls: number;
  /** per step, the best of several */
  time: number;
  flops: number;
  bytes: number;
}

const fewestRounds = 3;
const warmUpSteps = 4;
/** A timed stretch has as many steps as it takes to reach about this much work, so that the clock and the wait at its end do not count. */
const flopsPerStretch = 1.5e9;
const longestStretch = 16;

/** Trains `config` on real text for some steps and times them in turn with the matrix products they consist of. */
export async function measure(backend: Backend, config: RunConfig, texts: DomainText[], options: MeasureOptions): Promise<Measurement> {
  const started = performance.now();
  const plan = planRun(config);
  const products = withProducts(plan);
  const { replicas } = options;
  const executable = await backend.compile(products.plan, { replicas });
  const single = replicas > 1 ? await backend.compile(products.plan) : null;
  try {
    const bench = new Bench(executable, config, plan, products, texts, options.replicas);
    const compileTime = performance.now() - started;
    const firstStepTime = await bench.steps(1);
    const slow = firstStepTime > 1000;
    const stretch = slow ? 1 : Math.max(1, Math.min(longestStretch, Math.round(flopsPerStretch / (modelFlops(plan) * options.replicas))));
    // a runtime has compiled hot loops well before a slow first step is over
    await bench.steps(slow ? 1 : warmUpSteps);
    await bench.products(1);
    const alone = single && new Bench(single, config, plan, products, texts, 1);
    await alone?.steps(slow ? 1 : warmUpSteps);
    const pairs = await bench.rounds(stretch, options, alone);
    return {
      info: backend.info,
      tokensPerStep: config.train.batchSize * config.train.seqLen * replicas,
      flopsPerStep: modelFlops(plan) * bench.microsteps * replicas,
      productFlops: products.flops * bench.microsteps * replicas,
      compileTime,
      firstStepTime,
      pairs,
      losses: bench.losses,
      memoryBytes: executable.memoryBytes ?? null,
      dispatchesPerStep: bench.perStep(executable.dispatches),
      bytesPerStep: bench.perStep(executable.bytes),
      profile: options.profile ? await bench.profile() : [],
    };
  } finally {
    executable.dispose();
    single?.dispose();
  }
}

class Bench {
  readonly microsteps: number;
  readonly losses: number[] = [];
  private readonly executable: Executable;
  private readonly config: RunConfig;
  private readonly plan: Plan;
  private readonly replicas: ReplicaSet;
  private readonly sources: BatchSource[];
  private step = 0;

  constructor(executable: Executable, config: RunConfig, plan: Plan, products: ProductBench, texts: DomainText[], replicas: number) {
    const { batchSize, seqLen } = config.train;
    this.executable = executable;
    this.config = config;
    this.plan = plan;
    this.replicas = new ReplicaSet(executable);
    this.replicas.count = replicas;
    this.microsteps = batchSize / plan.batch;
    const shape = { batchSize: plan.batch, seqLen, vocabSize: config.model.vocabSize };
    this.sources = Array.from({ length: replicas }, (_, replica) => new BatchSource(texts, config.data.mixture, 1 + replica, shape));
    for (let replica = 0; replica < replicas; replica++) {
      initialiseWeights(this.replicas.memory(replica), plan, 1 + replica, config.model.initializerRange);
      products.prepare(executable, replica);
    }
  }

  perStep(counts: Record<ListName, number> | undefined): number | null {
    return counts ? this.microsteps * counts.microstep + counts.step : null;
  }

  /** Milliseconds that `count` optimizer steps take, as a trainer makes them: new batches in, losses out, two steps in flight. */
  async steps(count: number): Promise<number> {
    const start = performance.now();
    let earlier: Promise<void> = Promise.resolve();
    for (let n = 0; n < count; n++) {
      const current = this.trainStep();
      await earlier;
      earlier = current;
    }
    await earlier;
    return performance.now() - start;
  }

  async products(count: number): Promise<number> {
    const start = performance.now();
    for (let n = 0; n < count * this.microsteps; n++) this.executable.run("evaluate", true);
    await this.executable.finish();
    return performance.now() - start;
  }

  async rounds(
    stretch: number,
    { rounds, maxSeconds, together = async (go) => go }: MeasureOptions,
    alone: Bench | null,
  ): Promise<Measurement["pairs"]> {
    const pairs: Measurement["pairs"] = [];
    const end = performance.now() + 1000 * maxSeconds;
    for (;;) {
      const enough = pairs.length >= rounds || (pairs.length >= fewestRounds && performance.now() > end);
      if (!(await together(!enough))) return pairs;
      const step = (await this.steps(stretch)) / stretch;
      await together(true);
      const single = alone && (await alone.steps(stretch)) / stretch;
      if (alone) await together(true);
      pairs.push({ step, alone: single, products: (await this.products(stretch)) / stretch });
    }
  }

  /** The best of five times of every op of a step, summed over the ops that do the same. */
  async profile(): Promise<OpTime[]> {
    const { executable, plan } = this;
    if (!executable.profile) return [];
    const lists: ListName[] = ["microstep", "step"];
    const best = new Map(lists.map((list) => [list, plan.lists[list].map(() => Infinity)]));
    for (let n = 0; n < 5; n++) {
      this.write();
      for (const list of lists)
        (await executable.profile(list, true)).forEach((time, at) => (best.get(list)![at] = Math.min(best.get(list)![at], time)));
    }
    const rows = new Map<string, OpTime>();
    for (const list of lists) {
      const repeats = list === "microstep" ? this.microsteps : 1;
      plan.lists[list].forEach((op, at) => {
        const label = opLabel(op);
        const row = rows.get(label) ?? { label, calls: 0, time: 0, flops: 0, bytes: 0 };
        rows.set(label, {
          label,
          calls: row.calls + repeats,
          time: row.time + repeats * best.get(list)![at],
          flops: row.flops + repeats * op.flops,
          bytes: row.bytes + repeats * op.bytes,
        });
      });
    }
    return [...rows.values()].sort((a, b) => b.time - a.time);
  }

  private write(): void {
    const { inputs } = this.plan;
    const batches = this.sources.map((source) => source.next());
    for (const name of ["tokens", "targets", "order", "starts"] as const)
      this.replicas.writeEach(
        inputs[name],
        batches.map((batch) => batch[name]),
      );
  }

  private async trainStep(): Promise<void> {
    const { replicas, plan } = this;
    const numbers = numbersOfStep(this.config, ++this.step);
    replicas.writeEach(
      plan.inputs.numbers,
      this.sources.map(() => numbers),
    );
    for (let n = 0; n < this.microsteps; n++) {
      this.write();
      replicas.run("microstep", n === 0);
    }
    replicas.run("step");
    const [[loss]] = await replicas.readEach([plan.metrics.trainLoss]);
    this.losses.push(loss[0] / this.microsteps);
  }
}

function opLabel(op: Plan["lists"]["microstep"][number]): string {
  if (op.kind === "matmul")
    return `matmul ${op.attrs.m}×${op.attrs.n}×${op.attrs.k} ${op.attrs.transA ? "T" : "N"}${op.attrs.transB ? "T" : "N"}`;
  if (op.kind === "groupedMatmul") return `groupedMatmul ${op.attrs.rows}×${op.attrs.n}×${op.attrs.k} ${op.attrs.mode}`;
  return op.kind;
}
