import { writeFile } from "node:fs/promises";
import { encodeSafetensors } from "../../engine/formats/safetensors.ts";
import { parse, UsageError } from "./arguments.ts";
import { readModelFolder } from "./model-folder.ts";
import { remark, say } from "./output.ts";

/**
 * `switchyard import DIR [--out FILE.safetensors]`: holds a `transformers` folder against its own config.json, prints the model
 * as a spec's `model`, and writes its weights as a run keeps them.
 */
export async function importModel(argv: string[]): Promise<number> {
  const { values, positionals } = parse(argv, { out: { type: "string" } });
  if (positionals.length !== 1) throw new UsageError("import needs one model folder");
  const { model, tensors, notes } = await readModelFolder(positionals[0]);
  for (const note of notes) remark(`${note}\n`);
  if (values.out !== undefined) await writeFile(values.out, encodeSafetensors(tensors, { format: "pt", model: JSON.stringify(model) }));
  say(`${JSON.stringify({ model }, null, 2)}\n`);
  return 0;
}
