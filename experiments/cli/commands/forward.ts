import { readFile, writeFile } from "node:fs/promises";
import type { BackendName } from "../../../engine/backends/backend.ts";
import { nodeBackends } from "../../../engine/open.node.ts";
import { encodeSafetensors, type NamedTensor } from "../../../engine/formats/safetensors.ts";
import { forward } from "../../../engine/inference/forward.ts";
import { parse, UsageError } from "../arguments.ts";
import { filesOf, readModelFolder } from "../model-folder.ts";
import { remark, say } from "../output.ts";
import { refuseOverwriting } from "../refuse-overwriting.ts";
import { RefusedError } from "../refused.ts";
import { userKernelTable } from "../workers.ts";

/**
 * `switchyard forward DIR --tokens IDS.json --out FILE.safetensors [--grads] [--backend B] [--force]`: what the engine computes for a
 * model folder, so that anyone can hold it against another implementation. IDS.json is [[id, …], …], all of one length.
 * Writes `logits` [B,S,V] and `loss` [], and with --grads the gradient of the loss for every parameter under its published name.
 */
export async function forwardModel(argv: string[]): Promise<number> {
  const { values, positionals } = parse(argv, {
    tokens: { type: "string" },
    out: { type: "string" },
    grads: { type: "boolean" },
    backend: { type: "string" },
    force: { type: "boolean" },
  });
  const { tokens, out, grads = false, backend: name = "cpu" } = values;
  if (positionals.length !== 1) throw new UsageError("forward needs one model folder");
  if (tokens === undefined || out === undefined) throw new UsageError("forward needs --tokens IDS.json and --out FILE.safetensors");
  const open = nodeBackends({ kernelTable: await userKernelTable() });
  if (!Object.hasOwn(open, name)) throw new UsageError(`--backend ${name}: needs ${Object.keys(open).join(", ")}`);
  await refuseOverwriting([out], { reading: [tokens, ...(await filesOf(positionals[0]))], force: values.force ?? false });
  const { model, tensors, notes } = await readModelFolder(positionals[0]);
  for (const note of notes) remark(`${note}\n`);
  const ids = await readIds(tokens);
  const backend = await open[name as BackendName]().catch((error: Error) => {
    throw new RefusedError(`switchyard: --backend ${name}: ${error.message}`);
  });
  try {
    const { logits, loss, gradients } = await forward(backend, { model, tensors }, ids, { gradients: grads }).catch((error: unknown) => {
      throw error instanceof RangeError ? new RefusedError(`switchyard: ${tokens}: ${error.message}`) : error;
    });
    const written = new Map<string, NamedTensor>([
      ["logits", logits],
      ["loss", { shape: [], data: Float64Array.of(loss) }],
      ...(gradients ?? []),
    ]);
    const { adapter, kernels } = backend.info;
    await writeFile(out, encodeSafetensors(written, { format: "pt", backend: name, adapter, kernels }));
    say(`${out}: logits [${logits.shape}], loss ${loss}${gradients ? `, ${gradients.size} gradients` : ""} (${name}, ${adapter})\n`);
    return 0;
  } finally {
    backend.dispose();
  }
}

async function readIds(path: string): Promise<number[][]> {
  let ids: unknown;
  try {
    ids = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new RefusedError(`switchyard: ${path}: ${(error as Error).message}`);
  }
  const refuse = (why: string) => new RefusedError(`switchyard: ${path}: ${why}needs [[id, …], …]`);
  if (!Array.isArray(ids) || !ids.every(Array.isArray)) throw refuse("");
  const wrong: unknown = ids.flat(1).find((id) => !(Number.isSafeInteger(id) && id >= 0));
  if (wrong !== undefined) throw refuse(`token ${JSON.stringify(wrong)} is no id; `);
  return ids as number[][];
}
