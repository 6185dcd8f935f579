import { nodeGpu } from "../../../engine/backends/node/webgpu.ts";
import { createWebGpuBackend } from "../../../engine/backends/webgpu/backend.ts";
import { tableFor, tableHash } from "../../../engine/backends/webgpu/matmul/table.ts";
import { benchModels } from "../../../engine/bench/models.ts";
import { tune as measure } from "../../../engine/bench/tune.ts";
import { planRun } from "../../../engine/plan/plan.ts";
import { productData, productLine, totalLine } from "../../bench/tune-text.ts";
import { tunedTable } from "../../bench/tuned-table.ts";
import { readKernelTable, removeKernelTable, writeKernelTable } from "../../runs/devices/node/kernel-table.ts";
import { parse, UsageError } from "../arguments.ts";
import { modelsOf, wholeNumber } from "./bench.ts";
import { remark, say } from "../output.ts";
import { RefusedError } from "../refused.ts";

/**
 * `switchyard tune`: measures every way to compute the models' matrix products on this GPU and keeps the fastest in the user's table of kernels,
 * which the command line and the app choose by from then on. Runs record the table; those made with another one are named in reports.
 */
export async function tune(argv: string[]): Promise<number> {
  const { values, positionals } = parse(argv, {
    models: { type: "string", default: "XS,S" },
    seconds: { type: "string", default: "60" },
    reset: { type: "boolean" },
    json: { type: "boolean", default: false },
  });
  if (positionals.length > 0) throw new UsageError(`tune takes no ${positionals[0]}`);
  const user = await readKernelTable();
  if (values.reset) {
    const removed = await removeKernelTable(user.path);
    say(
      removed ? `${user.path} removed: the table that Switchyard brings holds again\n` : "the table that Switchyard brings holds already\n",
    );
    return 0;
  }
  const [models, seconds] = [modelsOf([values.models], "--models"), wholeNumber("--seconds", values.seconds)];
  if (user.problem) remark(`switchyard: ${user.problem}\n`);

  const backend = await nodeGpu()
    .then((gpu) => createWebGpuBackend(gpu, { table: user.table }))
    .catch((error: Error) => {
      throw new RefusedError(`switchyard: there is nothing to tune: ${error.message}`);
    });
  try {
    const { info, family } = backend;
    if (!values.json)
      say(
        `${info.adapter} (${family})${info.software ? ": a software adapter, which studies use only when told to" : ""}; kernels are compiled first\n`,
      );
    const products = await measure(
      backend,
      models.map((name) => planRun(benchModels[name])),
      {
        seconds,
        onProduct: (product) => {
          if (!values.json) say(`${productLine(product)}\n`);
        },
      },
    );
    const table = tunedTable(user.table, family, products);
    await writeKernelTable(table, user.path);
    const hash = tableHash(tableFor(family, table));
    if (values.json) {
      say(
        `${JSON.stringify({ adapter: info.adapter, family, models, path: user.path, before: info.table, after: hash, products: products.map(productData) })}\n`,
      );
    } else {
      say(
        `${totalLine(products)}\n${user.path}: table ${hash.slice(0, 8)}${hash === info.table ? ", as before" : ` in place of ${info.table!.slice(0, 8)}`}\n`,
      );
    }
    return 0;
  } finally {
    backend.dispose();
  }
}
