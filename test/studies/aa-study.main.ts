/**
 * `npm run study:aa`: trains 40 A/A experiments (400 runs) on the CPU backend, through the coordinator, and counts how many
 * come out as "different". Exit code 1 when that are more than chance explains.
 */
import { domainNames } from "../../engine/data/corpus.ts";
import { markInUse } from "../../experiments/node/in-use.ts";
import { Coordinator } from "../../experiments/runs/training/coordinator.ts";
import { openDomains } from "../../experiments/runs/store/node/corpora.ts";
import { nodeExecutors } from "../../experiments/runs/training/node/executors.ts";
import { MemoryStore } from "../../experiments/runs/store/store-memory.ts";
import { aaPlans, chanceOfMore, differing, mostByChance } from "./aa-study.ts";
import { formatDuration } from "../../experiments/statistics/numbers.ts";

const workers = Number(process.argv[2] ?? 1);
if (!Number.isSafeInteger(workers) || workers < 1) {
  process.stderr.write(`study:aa ${process.argv[2]}: needs a number of workers\n`);
  process.exit(2);
}

markInUse(import.meta.dirname);
const started = performance.now();
const plans = aaPlans(await openDomains(domainNames));
const coordinator = new Coordinator({
  store: new MemoryStore(),
  openExecutor: nodeExecutors(new URL("./engine.worker.js", import.meta.url)),
  workers,
  backend: "cpu",
  domains: openDomains,
});
try {
  const results = await Promise.all(plans.map((plan) => coordinator.submit(plan).finished));
  for (const { id, comparisons } of results) {
    const { difference, ci95, p, verdict } = comparisons.find(({ metric }) => metric === "valLoss")!;
    process.stdout.write(
      `${id.padEnd(6)} ${difference.toFixed(4).padStart(8)} nats, 95 % interval ${ci95?.map((end) => end.toFixed(4)).join(" to ")}, p ${p?.toFixed(3)}: ${verdict}\n`,
    );
  }
  const unfinished = results.flatMap(({ arms }) => arms.flatMap(({ runs }) => runs)).filter(({ status }) => status !== "done").length;
  const different = differing(results);
  const most = mostByChance();
  process.stdout.write(
    `\n${different.length} of ${results.length} A/A experiments differ${different.length > 0 ? ` (${different.join(", ")})` : ""}; about ${Math.round(0.05 * results.length)} are expected, more than ${most} come with a chance of ${chanceOfMore(most).toFixed(3)}.\n`,
  );
  process.stdout.write(`${unfinished} runs did not finish; ${formatDuration((performance.now() - started) / 1000)} in all.\n`);
  process.exitCode = different.length > most || unfinished > 0 ? 1 : 0;
} finally {
  await coordinator.close();
}
