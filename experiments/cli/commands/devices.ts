import type { BackendInfo } from "../../../engine/backends/backend.ts";
import { benchModels } from "../../../engine/bench/models.ts";
import { readKernelTable } from "../../runs/devices/node/kernel-table.ts";
import { encode } from "../../runs/store/json.ts";
import { chooseBackend, NoBackendError } from "../../runs/devices/backend-choice.ts";
import { replicasOn } from "../../runs/training/groups.ts";
import { Rates, type Measured } from "../../runs/devices/rates.ts";
import { nodeRates } from "../../runs/devices/node/rates.ts";
import { formatValue } from "../../statistics/numbers.ts";
import { UsageError, parse } from "../arguments.ts";
import { remark, say } from "../output.ts";
import { askDevices, defaultWorkers } from "../workers.ts";

/** `switchyard devices`: every backend, usable or not, and which one `auto` takes. */
export async function devices(argv: string[]): Promise<number> {
  const { values, positionals } = parse(argv, { json: { type: "boolean" } });
  if (positionals.length > 0) throw new UsageError(`devices takes no ${positionals[0]}`);
  const found = await askDevices();
  const user = await readKernelTable();
  let auto: string | null = null;
  let why: string;
  try {
    const choice = chooseBackend(found, "auto");
    [auto, why] = [choice.info.name, choice.why];
  } catch (error) {
    if (!(error instanceof NoBackendError)) throw error;
    why = error.message;
  }
  const together = found.available.map(runsAtOnce);
  if (values.json) {
    say(
      `${encode({ ...found, available: found.available.map((info, n) => ({ ...info, workers: together[n].workers, replicas: together[n].replicas })), auto, why, kernelTable: { path: user.path, used: user.table !== null } })}\n`,
    );
    return 0;
  }
  const rates = new Rates(nodeRates((text) => remark(`${text}\n`)));
  const lines = found.available.map(
    ({ name, adapter, software, kernels, table }, n) =>
      `${name.padEnd(10)} ${adapter}${software ? ", software" : ""}, ${together[n].text}, kernels ${kernels.slice(0, 8)}${table ? `, table ${table.slice(0, 8)} (${user.table ? user.path : "built in"})` : ""}${name === auto ? `   (auto: ${why})` : ""}`,
  );
  for (const { name, reason } of found.unavailable) lines.push(`${name.padEnd(10)} not here: ${reason}`);
  const measured = await Promise.all(found.available.map(async (info) => [info.name, await rates.measured(info)] as const));
  for (const [name, known] of measured) if (known) lines.push(estimatesFrom(name, known));
  if (measured.every(([, known]) => known === null))
    lines.push(
      "Nothing has been measured here yet: switchyard check trains a second of a study to estimate its time, and every run adds what it showed.",
    );
  say(`${lines.join("\n")}\n`);
  return 0;
}

/** Why an estimate is what it is. */
function estimatesFrom(name: string, { plans, slowest, fastest, last }: Measured): string {
  const [low, high] = [slowest, fastest].map((flops) => formatValue(flops / 1e9, 0.1 * (flops / 1e9)));
  return `Estimates for ${name} rest on ${plans} ${plans === 1 ? "model" : "models"} measured here, ${low === high ? low : `${low} to ${high}`} GFLOP/s with all workers, last on ${last.slice(0, 10)}. A model that was not is taken to run like the one most like it.`;
}

/** Runs that train at the same time: in workers of their own, and side by side in one (of the default study's model). */
function runsAtOnce(info: BackendInfo): { workers: number; replicas: number; text: string } {
  const [workers, replicas] = [defaultWorkers(info.name), replicasOn(info)(benchModels.XS)];
  return { workers, replicas, text: replicas > 1 ? `up to ${workers * replicas} runs of model XS side by side` : `${workers} at once` };
}
