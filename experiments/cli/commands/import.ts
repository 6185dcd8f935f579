import { writeFile } from "node:fs/promises";
import { encodeSafetensors } from "../../../engine/formats/safetensors.ts";
import { parse, UsageError } from "../arguments.ts";
import { filesOf, readModelFolder } from "../model-folder.ts";
import { remark, say } from "../output.ts";
import { refuseOverwriting } from "../refuse-overwriting.ts";

/**
 * `switchyard import DIR [--out FILE.safetensors [--force]]`: holds a `transformers` folder against its own config.json, prints the model
 * as a spec's `model`, and writes its weights as a run keeps them.
 */
export async function importModel(argv: string[]): Promise<number> {
  const { values, positionals } = parse(argv, { out: { type: "string" }, force: { type: "boolean" } });
  if (positionals.length !== 1) throw new UsageError("import needs one model folder");
  if (values.out !== undefined)
    await refuseOverwriting([values.out], { reading: await filesOf(positionals[0]), force: values.force ?? false });
  const { model, tensors, notes } = await readModelFolder(positionals[0]);
  for (const note of notes) remark(`${note}\n`);
  if (values.out !== undefined) await writeFile(values.out, encodeSafetensors(tensors, { format: "pt", model: JSON.stringify(model) }));
  say(`${JSON.stringify({ model }, null, 2)}\n`);
  return 0;
}
