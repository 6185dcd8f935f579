import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import "../../engine/backends/node/cpu-flags.ts";
import { createCpuBackend } from "../../engine/backends/cpu/backend.ts";
import { exportHuggingFace, importHuggingFace } from "../../engine/formats/huggingface.ts";
import { decodeSafetensors, encodeSafetensors } from "../../engine/formats/safetensors.ts";
import { differentiate, forward } from "../../engine/inference/forward.ts";
import type { RunConfig } from "../../engine/model/config.ts";
import { defaultConfig } from "../../experiments/runs/spec/defaults.ts";
import { trainRun, weightsOf } from "../engine/training.ts";

/** Needs Python with what requirements.txt lists; name it by PARITY_PYTHON when it is not `python3`. */
const python = process.env.PARITY_PYTHON ?? "python3";
const probe = spawnSync(python, ["-c", "import torch, transformers, safetensors"], { encoding: "utf8" });
const missing = probe.error?.message ?? (probe.status === 0 ? null : probe.stderr.trim().split("\n").at(-1));
if (missing) console.log(`skipped: a trained model in transformers: ${python}: ${missing}`);

/** Bench model XS with a prediction module and moving biases, trained for as long as it takes them to move. */
const config: RunConfig = {
  ...defaultConfig,
  model: { ...defaultConfig.model, mtp: { depth: 1, lambda: 0.3, heads: "sequential", detachTrunk: false } },
  balance: { losses: [], zLoss: 0, bias: { gamma: 5e-3, rule: "sign", form: "additive", group: "batch" } },
  train: { ...defaultConfig.train, steps: 40, evalEvery: 40 },
  validation: { windowsPerDomain: 4 },
  data: { mixture: { prose: 1, code: 1 } },
};

const sentences = [
  "The yard is where a train is taken apart and every car is routed to its track.",
  "const routed = cars.map((car) => tracks[car.destination]); // 17 + 25 = 42, 6 * 7 = 42",
];

interface Figures {
  missing: string[];
  unexpected: string[];
  logits: number;
  largestLogit: number;
  loss: number;
  depths: number[];
  gradients: number;
  worst: string;
  largestBias: number;
  tokens: number[];
  text: string;
}

describe.skipIf(missing)("a model trained here and exported", () => {
  test("loads in transformers, computes the same there, and comes back bit for bit", async () => {
    const folder = mkdtempSync(join(tmpdir(), "switchyard-parity-"));
    const backend = await createCpuBackend();
    try {
      const trained = decodeSafetensors(weightsOf(await trainRun(config, { backend }))).tensors;
      const files = exportHuggingFace(config, trained);
      for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
      const text = "Tab\there, naïve 語 🚃  two spaces\n";
      const ids = sentences.map((sentence) => Array.from(Buffer.from(sentence).subarray(0, 64)));
      writeFileSync(join(folder, "ids.json"), JSON.stringify(ids));
      const named = importHuggingFace(
        JSON.parse(readFileSync(join(folder, "config.json"), "utf8")),
        decodeSafetensors(files.get("model.safetensors") as Uint8Array).tensors,
      );
      const { logits, loss } = await forward(backend, named, ids);
      const { mtpLoss, gradients } = await differentiate(backend, named, ids);
      const computed = new Map([
        ["logits", logits],
        ["loss", { shape: [], data: Float64Array.of(loss) }],
        ["mtp_loss", { shape: [mtpLoss.length], data: Float64Array.from(mtpLoss) }],
        ...gradients,
      ] as const);
      writeFileSync(join(folder, "forward.safetensors"), encodeSafetensors(computed));

      const script = fileURLToPath(new URL("roundtrip.py", import.meta.url));
      const { status, stdout, stderr } = spawnSync(
        python,
        [script, folder, join(folder, "ids.json"), join(folder, "forward.safetensors"), text, join(folder, "again")],
        { encoding: "utf8" },
      );
      expect(status, stderr).toBe(0);
      const figures = JSON.parse(stdout.trim().split("\n").at(-1) as string) as Figures;
      console.log(
        `trained XS in transformers: logits differ by ${figures.logits.toExponential(1)} (largest ${figures.largestLogit.toFixed(1)}), loss by ${figures.loss.toExponential(1)},` +
          ` loss of depth 1 by ${figures.depths[0].toExponential(1)}, gradients by ${figures.gradients.toExponential(1)} of their norm (${figures.worst}); largest router bias ${figures.largestBias.toFixed(3)}`,
      );
      expect(figures.missing).toEqual([]);
      expect(figures.unexpected.every((name) => name.startsWith("model.layers.2."))).toBe(true);
      expect(figures.largestBias).toBeGreaterThan(0.05);
      expect(figures.logits).toBeLessThan(1e-4);
      expect(figures.loss).toBeLessThan(1e-4);
      expect(figures.depths).toHaveLength(1);
      expect(figures.depths[0]).toBeLessThan(1e-4);
      expect(figures.gradients).toBeLessThan(1e-3);
      expect(figures.tokens).toEqual(Array.from(Buffer.from(text)));
      expect(figures.text).toBe(text);

      const again = join(folder, "again");
      const shards = readdirSync(again).filter((name) => name.endsWith(".safetensors"));
      const saved = new Map(shards.flatMap((name) => [...decodeSafetensors(readFileSync(join(again, name))).tensors]));
      const back = importHuggingFace(JSON.parse(readFileSync(join(again, "config.json"), "utf8")), saved);
      expect(back.notes.join()).toMatch(/prediction modules are left out/);
      expect(back.model).toEqual({ ...config.model, mtp: { ...config.model.mtp, depth: 0 } });
      for (const [name, { data }] of back.tensors) expect(data, name).toEqual(trained.get(name)?.data);
    } finally {
      backend.dispose();
      rmSync(folder, { recursive: true });
    }
  }, 180_000);
});
