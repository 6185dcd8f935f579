/**
 * A process that trains one small run into a store and may be killed at any moment.
 *
 *   node train.mjs FOLDER
 *
 * Writes a line whenever something has become true: "from STEP" (the first step it makes), "checkpoint STEP", "done".
 */
import { Coordinator } from "../../../experiments/runs/training/coordinator.ts";
import { NodeStore } from "../../../experiments/runs/store/node/store.ts";
import { smallDomains } from "../training.ts";
import { cpuExecutor } from "./executor.ts";
import { tinyStudy } from "./study.ts";

const say = (line: string) => process.stdout.write(`${line}\n`);
const coordinator = new Coordinator({
  store: new NodeStore(process.argv[2]),
  openExecutor: cpuExecutor(),
  workers: 1,
  backend: "cpu",
  domains: async () => smallDomains(),
  retryAfter: 50,
});
let begun = false;
coordinator.subscribe((event) => {
  if (event.type === "metrics" && !begun) {
    begun = true;
    say(`from ${event.events[0].step}`);
  }
  if (event.type === "checkpoint") say(`checkpoint ${event.step}`);
  if (event.type === "message") say(event.text);
});
const { arms } = await coordinator.submit(tinyStudy()).finished;
await coordinator.close();
say(arms[0].runs[0].status);
