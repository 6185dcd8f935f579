import { exportHuggingFace } from "../../../engine/formats/huggingface.ts";
import { decodeSafetensors } from "../../../engine/formats/safetensors.ts";
import { parse, UsageError } from "../arguments.ts";
import { findRun, storesHere } from "../find-run.ts";
import { refuseInterchange, writeModelFolder } from "../model-folder.ts";
import { say } from "../output.ts";
import { RefusedError } from "../refused.ts";

/** `switchyard export RUN [--format huggingface] [--store DIR]… DIR`: a trained run as a model folder that `transformers` loads. */
export async function exportRun(argv: string[]): Promise<number> {
  const { values, positionals } = parse(argv, { format: { type: "string" }, store: { type: "string", multiple: true } });
  if (positionals.length !== 2) throw new UsageError("export needs a run and a folder to write");
  const [name, folder] = positionals;
  const format = values.format ?? "huggingface";
  if (format !== "huggingface") throw new UsageError(`--format ${format}: only huggingface`);
  const { store, record } = await findRun(name, values.store ?? (await storesHere()));
  const weights = await store.weights(record.key);
  if (!weights)
    throw new RefusedError(
      `switchyard: run ${record.key.slice(0, 16)} has no weights: it is unfinished, diverged, or was trained with train.keep "none"`,
    );
  const files = refuseInterchange(`run ${record.key.slice(0, 16)}`, () =>
    exportHuggingFace(record.config, decodeSafetensors(weights).tensors, record.semantics),
  );
  await writeModelFolder(folder, files);
  say(`${folder}: ${[...files.keys()].join(", ")}\n`);
  return 0;
}
