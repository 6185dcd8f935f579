/** What the owners of a run write in tests: every line, result and weight tells whose it is by its loss. */
import { encodeSafetensors } from "../../engine/formats/safetensors.ts";
import type { StepMetrics } from "../../engine/train/protocol.ts";
import type { StoredResult } from "../../experiments/runs/store/store.ts";

export const stepOf = (n: number, trainLoss: number): StepMetrics => ({
  kind: "step",
  step: n,
  tokens: n,
  seconds: n,
  trainLoss,
  mtpLoss: [],
  balanceLoss: 0,
  gradNorm: 1,
  clipped: false,
  skipped: false,
  lr: 1,
  maxVioBatch: 0,
});

const tensorsOf = (loss: number) => new Map([["w", { shape: [1], data: Float32Array.of(loss) }]]);

export const checkpointOf = (step: number): Uint8Array => encodeSafetensors(tensorsOf(0), { progress: JSON.stringify({ step }) });

/** What a run that has ended leaves: no run can go on from it. */
export const weightsOf = (loss: number): Uint8Array => encodeSafetensors(tensorsOf(loss), { format: "pt" });

export const resultOf = (key: string, steps: number, loss: number): StoredResult => ({
  key,
  status: "diverged",
  error: `loss ${loss}`,
  divergedAt: steps,
  steps,
  tokens: steps,
  seconds: 1,
  provenance: null,
  metrics: null,
});
