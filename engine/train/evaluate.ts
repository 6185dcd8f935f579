import type { Batch } from "../data/batches.ts";
import type { RunConfig } from "../model/config.ts";
import type { Plan } from "../plan/plan-types.ts";
import {
  addExpertCounts,
  bitsPerByte,
  effectiveTokens,
  errorOfMean,
  loadCv,
  maxVioFloor,
  maxVioGlobal,
  maxVioOf,
  routingEntropy,
  specialisation,
  starvedExperts,
  weightedLoads,
  windowMaxVio,
} from "./metrics.ts";
import type { EvalMetrics } from "./protocol.ts";
import type { ReplicaSet, Values } from "./replica-set.ts";

/** What one validation adds up to, without the step it belongs to. */
export type Evaluation = Omit<EvalMetrics, "kind" | "step" | "tokens" | "seconds">;

/**
 * Runs the fixed validation windows through every replica and reduces them on the host in float64; returns an evaluation for each of `due`.
 * Padding sequences (domain −1) count nowhere. `pause` is awaited between batches so that the caller can answer messages.
 */
export async function evaluate(
  replicas: ReplicaSet,
  plan: Plan,
  config: RunConfig,
  batches: Batch[],
  domains: string[],
  due: readonly number[],
  pause: () => Promise<void>,
): Promise<Evaluation[]> {
  const { depths, experts: routed } = plan.evaluation;
  const overlaps = depths.flatMap(({ overlap }) => overlap ?? []);
  const wanted = [...depths.flatMap(({ nll, argmax }) => [nll, argmax]), ...routed, ...overlaps];
  const tallies = due.map(() => new Tally(plan, config, domains));
  const queue = (batch: Batch) => {
    const all = Array.from({ length: replicas.count });
    replicas.writeEach(
      plan.inputs.tokens,
      all.map(() => batch.tokens),
    );
    replicas.writeEach(
      plan.inputs.targets,
      all.map(() => batch.targets),
    );
    replicas.run("evaluate");
    const read = replicas.readEach(wanted);
    read.catch(() => {}); // one that fails after another has been thrown must not go unhandled
    return { batch, read };
  };
  // one batch is on the device while the one before it is added up
  let earlier: ReturnType<typeof queue> | null = null;
  for (const batch of [...batches, null]) {
    const next = batch && queue(batch);
    if (earlier) {
      const values = await earlier.read;
      due.forEach((replica, n) => tallies[n].add(earlier!.batch, values[replica]));
      await pause();
    }
    earlier = next;
  }
  return tallies.map((tally) => tally.evaluation());
}

/** Sums of one replica over the windows seen so far. */
class Tally {
  private readonly plan: Plan;
  private readonly config: RunConfig;
  private readonly domains: string[];
  private readonly nats: Float64Array;
  private readonly tokens: Float64Array;
  /** [domain]: mean loss of each window */
  private readonly windows: number[][];
  private readonly depthLoss: number[];
  private readonly depthRows: number[];
  private readonly agreed: number[];
  private readonly overlap: number[];
  private readonly counts: number[][][];
  /** per layer: MaxVio of single windows, added up */
  private readonly windowVio: { sum: number; windows: number }[];

  constructor(plan: Plan, config: RunConfig, domains: string[]) {
    const { depths, experts } = plan.evaluation;
    this.plan = plan;
    this.config = config;
    this.domains = domains;
    this.nats = new Float64Array(domains.length);
    this.tokens = new Float64Array(domains.length);
    this.windows = domains.map(() => []);
    this.depthLoss = depths.map(() => 0);
    this.depthRows = depths.map(() => 0);
    this.windowVio = experts.map(() => ({ sum: 0, windows: 0 }));
    this.agreed = depths.map(() => 0);
    this.overlap = depths.map(() => 0);
    this.counts = experts.map(() => domains.map(() => new Array<number>(config.model.nRoutedExperts).fill(0)));
  }

  /** `values`: nll and argmax of every depth, then the chosen experts of every MoE layer, then overlaps from depth 1 on. */
  add(batch: Batch, values: Values[]): void {
    const { depths, experts } = this.plan.evaluation;
    const main = values[1];
    depths.forEach(({ seqLen }, depth) => {
      const nll = values[2 * depth];
      const argmax = values[2 * depth + 1];
      const overlap = depth === 0 ? null : values[2 * depths.length + experts.length + depth - 1];
      batch.domains.forEach((domain, sequence) => {
        if (domain < 0) return;
        const before = this.nats[domain];
        for (let position = 0; position < seqLen; position++) {
          const row = sequence * seqLen + position;
          this.depthLoss[depth] += nll[row];
          // Depth k at position i and the main head at i + k speak of the same token, t_{i+k+1}.
          if (argmax[row] === main[sequence * this.plan.seqLen + position + depth]) this.agreed[depth]++;
          if (overlap) this.overlap[depth] += overlap[row];
          if (depth === 0) this.nats[domain] += nll[row];
        }
        this.depthRows[depth] += seqLen;
        if (depth > 0) return;
        this.tokens[domain] += seqLen;
        this.windows[domain].push((this.nats[domain] - before) / seqLen);
      });
    });
    const { nRoutedExperts, numExpertsPerTok } = this.config.model;
    experts.forEach((_, layer) => {
      const idx = values[2 * depths.length + layer];
      addExpertCounts(this.counts[layer], idx, batch.domains, numExpertsPerTok);
      const { sum, windows } = windowMaxVio(idx, batch.domains, nRoutedExperts);
      this.windowVio[layer].sum += sum;
      this.windowVio[layer].windows += windows;
    });
  }

  evaluation(): Evaluation {
    const { nats, tokens, domains, counts, depthLoss, depthRows } = this;
    const { nRoutedExperts: experts, numExpertsPerTok: k } = this.config.model;
    const total = tokens.reduce((sum, n) => sum + n, 0);
    const totalNats = nats.reduce((sum, n) => sum + n, 0);
    const parts = domains.map((name) => this.config.data.mixture[name] ?? 0);
    const loads = weightedLoads(counts, parts);
    const perRow = (sums: readonly number[]) => sums.slice(1).map((sum, n) => sum / depthRows[n + 1]);
    return {
      valLoss: totalNats / total,
      valLossError: errorOfMean(this.windows),
      // A token is a byte of the text.
      valBpb: {
        all: bitsPerByte(totalNats, total),
        ...Object.fromEntries(domains.map((name, d) => [name, bitsPerByte(nats[d], tokens[d])])),
      },
      mtpLoss: perRow(depthLoss),
      agreement: perRow(this.agreed),
      acceptance: perRow(this.overlap),
      maxVioGlobal: maxVioGlobal(counts, parts),
      maxVioShift: maxVioGlobal(
        counts,
        domains.map(() => 1),
      ),
      maxVio: Object.fromEntries(domains.map((name, d) => [name, maxVioOf(counts, d)])),
      maxVioSequence: this.windowVio.reduce((sum, layer) => sum + layer.sum / layer.windows, 0) / Math.max(1, counts.length),
      maxVioFloor: maxVioFloor(effectiveTokens(tokens, parts), experts, k),
      starvedExperts: starvedExperts(loads),
      loadCv: loadCv(loads),
      routingEntropy: routingEntropy(loads),
      specialisation: specialisation(counts),
      expertCounts: counts,
    };
  }
}
