import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { importHuggingFace, type NamedModel } from "../../engine/formats/huggingface.ts";
import { decodeSafetensors, type NamedTensor } from "../../engine/formats/safetensors.ts";

const root = fileURLToPath(new URL("fixtures/", import.meta.url));

/** What `transformers` computed for one model in one precision. */
export interface Answer {
  logits: NamedTensor;
  loss: number;
  /** depth 1 … D */
  mtpLoss: number[];
  gradients: Map<string, NamedTensor>;
}

export interface Fixture {
  name: string;
  config: Record<string, unknown>;
  /** the file's tensors, as `transformers` saved them */
  saved: Map<string, NamedTensor>;
  named: NamedModel;
  ids: number[][];
  float64: Answer;
  float32: Answer;
}

export function loadFixtures(): Fixture[] {
  return readdirSync(root)
    .sort()
    .map((name) => {
      const config = JSON.parse(readFileSync(`${root}${name}/config.json`, "utf8")) as Record<string, unknown>;
      const saved = tensorsOf(name, "model");
      return {
        name,
        config,
        saved,
        named: importHuggingFace(config, saved),
        ids: JSON.parse(readFileSync(`${root}${name}/ids.json`, "utf8")) as number[][],
        float64: answer(tensorsOf(name, "float64")),
        float32: answer(tensorsOf(name, "float32")),
      };
    });
}

const tensorsOf = (name: string, file: string): Map<string, NamedTensor> =>
  decodeSafetensors(readFileSync(`${root}${name}/${file}.safetensors`)).tensors;

function answer(tensors: Map<string, NamedTensor>): Answer {
  const { logits, loss, mtp_loss: mtpLoss, ...gradients } = Object.fromEntries(tensors);
  return {
    logits,
    loss: loss.data[0],
    mtpLoss: mtpLoss ? Array.from(mtpLoss.data) : [],
    // transformers keeps matrices of no rows where there are no shared experts
    gradients: new Map(Object.entries(gradients).filter(([, { data }]) => data.length > 0)),
  };
}
