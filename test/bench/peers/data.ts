/** What a peer needs to train the very same model: shapes, first weights, batches and learning rates, and the losses that we get. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import "../../../engine/backends/node/cpu-flags.ts";
import { createCpuBackend } from "../../../engine/backends/cpu/backend.ts";
import { benchModels, type BenchModel } from "../../../engine/bench/models.ts";
import { BatchSource } from "../../../engine/data/batches.ts";
import type { RunConfig } from "../../../engine/model/config.ts";
import { planRun } from "../../../engine/plan/plan.ts";
import { learningRate } from "../../../engine/train/schedule.ts";
import { measure } from "../../../engine/bench/measure.ts";
import { initialiseWeights, readTensors } from "../../../engine/train/weights.ts";
import { exportHuggingFace } from "../../../engine/formats/huggingface.ts";
import { openDomains } from "../../../experiments/runs/store/node/corpora.ts";

/** Steps whose losses are compared. */
export const comparedSteps = 8;

/** The model without balancing, which no peer has: it changes no cost worth speaking of. */
export const peerConfig = (model: BenchModel): RunConfig => ({ ...benchModels[model], balance: { losses: [], zLoss: 0, bias: null } });

/**
 * Writes into `folder`:
 * - `model.json`: `model` and `train` of the config, `learningRates` and our `losses` of the first steps, `tensors`: name → shape and offset in elements
 * - `weights.bin`: float32, published names
 * - `huggingface/`: the model as `transformers` loads it, where it can be written so
 * - `windows.bin`: uint8 [steps][batchSize][seqLen + 1]
 */
export async function writePeerData(name: BenchModel, folder: string, steps: number): Promise<void> {
  const config = peerConfig(name);
  const { model, train } = config;
  const domains = await openDomains(Object.keys(config.data.mixture));
  const backend = await createCpuBackend();
  const { losses } = await measure(backend, config, domains, { rounds: comparedSteps, maxSeconds: 600, replicas: 1, profile: false });

  const plan = planRun(config);
  const executable = await backend.compile(plan);
  initialiseWeights(executable, plan, 1, model.initializerRange);
  const tensors = await readTensors(executable, plan, "parameters");
  executable.dispose();
  const offsets: Record<string, { shape: readonly number[]; offset: number }> = {};
  let length = 0;
  for (const [tensor, { shape, data }] of tensors) {
    offsets[tensor] = { shape, offset: length };
    length += data.length;
  }
  const weights = new Float32Array(length);
  for (const [tensor, { data }] of tensors) weights.set(data, offsets[tensor].offset);

  const source = new BatchSource(domains, config.data.mixture, 1, { batchSize: train.batchSize, seqLen: train.seqLen });
  const { batchSize, seqLen } = train;
  const windows = new Uint8Array(steps * batchSize * (seqLen + 1));
  for (let step = 0; step < steps; step++) {
    const { tokens, targets } = source.next();
    for (let sequence = 0; sequence < batchSize; sequence++) {
      const at = (step * batchSize + sequence) * (seqLen + 1);
      windows.set(tokens.subarray(sequence * seqLen, (sequence + 1) * seqLen), at);
      windows[at + seqLen] = targets[(sequence + 1) * seqLen - 1];
    }
  }
  const learningRates = Array.from({ length: steps }, (_, step) => learningRate(train, step + 1));
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, "model.json"),
    JSON.stringify({ name, model, train, learningRates, losses: losses.slice(0, comparedSteps), tensors: offsets }),
  );
  await writeFile(join(folder, "weights.bin"), weights);
  await writeFile(join(folder, "windows.bin"), windows);
  if (model.attention.kind !== "mla") return;
  await mkdir(join(folder, "huggingface"), { recursive: true });
  for (const [file, bytes] of exportHuggingFace(config, tensors)) await writeFile(join(folder, "huggingface", file), bytes);
}
