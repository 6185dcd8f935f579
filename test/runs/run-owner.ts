/**
 * A process that trains a run of the given store, as far as the store is concerned: a line for every step and a checkpoint after every fifth.
 *
 *   node --import ./strip-types.mjs run-owner.ts STORE RECORD.json STEPS LOSS [CLOCK]
 *
 * Writes "open" when it has the run, and at last "finished", "locked" or "lost". With CLOCK its clock jumps by so many milliseconds at step 5.
 */
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { NodeStore } from "../../experiments/runs/store/node/store.ts";
import type { RunRecord } from "../../experiments/runs/store/store.ts";
import { checkpointOf, resultOf, stepOf, weightsOf } from "./owned-run.ts";

const [folder, path, steps, loss, clock = "0"] = process.argv.slice(2);
const record = JSON.parse(readFileSync(path, "utf8")) as RunRecord;
try {
  const writer = await new NodeStore(folder).open(record);
  console.log("open");
  for (let n = 1; n <= Number(steps); n++) {
    await writer.append([stepOf(n, Number(loss))]);
    if (n % 5 === 0) await writer.saveCheckpoint(checkpointOf(n));
    if (n === 5 && clock !== "0") jump(Number(clock));
    await setTimeout(100);
  }
  await writer.finish(resultOf(record.key, Number(steps), Number(loss)), weightsOf(Number(loss)));
  await writer.release();
  console.log("finished");
} catch (error) {
  console.log({ RunLockedError: "locked", RunLostError: "lost" }[(error as Error).name] ?? (error as Error).stack);
}

function jump(milliseconds: number): void {
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...args: []) {
      super(...((args.length === 0 ? [Real.now() + milliseconds] : args) as []));
    }
    static override now = () => Real.now() + milliseconds;
  } as DateConstructor;
}
