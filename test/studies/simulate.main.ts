/**
 * `npm run study:statistics [STUDIES]`: counts, in simulated studies (10,000 per design), how often our intervals, verdicts
 * and detectable differences keep what they promise. Deterministic. Exit code 1 when a promise is broken.
 */
import {
  percent,
  studyBootstrap,
  studyCoverage,
  studyFamilies,
  studyLimits,
  studyMixedFamilies,
  studyPower,
  type Finding,
} from "./simulate-study.ts";
import { standardError } from "./simulate-counts.ts";

const studies = Number(process.argv[2] ?? 10_000);
if (!Number.isSafeInteger(studies) || studies < 100) {
  process.stderr.write(`study:statistics ${process.argv[2]}: needs a number of studies, at least 100\n`);
  process.exit(2);
}

process.stdout.write(`${studies} simulated studies per line\n\n| design | how often | counted | promised | |\n|---|---|---:|---|---|\n`);
let broken = 0;
for (const study of [studyCoverage, studyBootstrap, studyPower, studyFamilies, studyMixedFamilies, studyLimits])
  for (const found of study(studies)) print(found);
if (broken > 0) process.stdout.write(`\n${broken} promise${broken === 1 ? " is" : "s are"} broken\n`);
process.exitCode = broken > 0 ? 1 : 0;

function print({ design, what, counted, promised, kept }: Finding): void {
  if (!kept) broken++;
  const figure = `${percent(counted.frequency)} ± ${(100 * standardError(counted.frequency, counted.of)).toFixed(1)}`;
  process.stdout.write(
    `| ${design} | ${what} | ${figure} | ${promised?.text ?? "nothing"} | ${promised === null ? "" : kept ? "kept" : "BROKEN"} |\n`,
  );
}
