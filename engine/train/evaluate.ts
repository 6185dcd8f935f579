import type { Executable } from "../backends/backend.ts";
import type { Batch } from "../data/batches.ts";
import type { RunConfig } from "../model/config.ts";
import type { Plan } from "../program/plan-types.ts";
import { addExpertCounts, bitsPerByte, maxVioFloor, maxVioGlobal, routingEntropy, specialisation } from "./metrics.ts";
import type { EvalMetrics } from "./protocol.ts";

/** What one validation adds up to, without the step it belongs to. */
export type Evaluation = Omit<EvalMetrics, "kind" | "step" | "tokens" | "seconds">;

/**
 * Runs the fixed validation windows through the model and reduces them on the host in float64. Padding sequences
 * (domain −1) count nowhere. `pause` is awaited between batches so that the caller can answer messages.
 */
export async function evaluate(executable: Executable, plan: Plan, config: RunConfig, batches: Batch[], domains: string[], pause: () => Promise<void>): Promise<Evaluation> {
  const { nRoutedExperts: experts, numExpertsPerTok: k } = config.model;
  const { depths, experts: routed } = plan.evaluation;
  const nats = new Float64Array(domains.length);
  const tokens = new Float64Array(domains.length);
  const depthLoss = depths.map(() => 0);
  const depthRows = depths.map(() => 0);
  const accepted = depths.map(() => 0);
  const counts = routed.map(() => domains.map(() => new Array<number>(experts).fill(0)));

  for (const batch of batches) {
    executable.write(plan.inputs.tokens, batch.tokens);
    executable.write(plan.inputs.targets, batch.targets);
    executable.run("evaluate");
    const values = await executable.read([...depths.flatMap(({ nll, argmax }) => [nll, argmax]), ...routed]);
    const main = values[1];
    depths.forEach(({ seqLen }, depth) => {
      const nll = values[2 * depth];
      const argmax = values[2 * depth + 1];
      batch.domains.forEach((domain, sequence) => {
        if (domain < 0) return;
        for (let position = 0; position < seqLen; position++) {
          const row = sequence * seqLen + position;
          depthLoss[depth] += nll[row];
          // Depth k at position i and the main head at i + k speak of the same token, t_{i+k+1}.
          if (argmax[row] === main[sequence * plan.seqLen + position + depth]) accepted[depth]++;
          if (depth === 0) nats[domain] += nll[row];
        }
        depthRows[depth] += seqLen;
        if (depth === 0) tokens[domain] += seqLen;
      });
    });
    routed.forEach((_, layer) => addExpertCounts(counts[layer], values[2 * depths.length + layer], batch.domains, k));
    await pause();
  }

  const total = tokens.reduce((sum, n) => sum + n, 0);
  const totalNats = nats.reduce((sum, n) => sum + n, 0);
  return {
    valLoss: totalNats / total,
    // A token is a byte of the text.
    valBpb: {
      all: bitsPerByte(totalNats, total),
      ...Object.fromEntries(domains.map((name, d) => [name, bitsPerByte(nats[d], tokens[d])])),
    },
    mtpLoss: depthLoss.slice(1).map((sum, n) => sum / depthRows[n + 1]),
    acceptance: accepted.slice(1).map((sum, n) => sum / depthRows[n + 1]),
    maxVioGlobal: maxVioGlobal(counts),
    maxVioFloor: maxVioFloor(total, experts, k),
    routingEntropy: routingEntropy(counts),
    specialisation: specialisation(counts),
    expertCounts: counts,
  };
}
