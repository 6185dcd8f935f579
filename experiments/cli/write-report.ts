import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ReportDocument } from "../report/document.ts";
import { nodeFileSystem, writeAtomic } from "../runs/filesystem.ts";
import { encode } from "../runs/json.ts";

export async function writeReportFiles(folder: string, { results }: ReportDocument): Promise<{ report: string; results: string; folder: string }> {
  await mkdir(folder, { recursive: true });
  const lean = { ...results, experiments: results.experiments.map((experiment) => ({ ...experiment, arms: experiment.arms.map((arm) => ({ ...arm, runs: arm.runs.map(({ events: _events, ...run }) => run) })) })) };
  await writeAtomic(nodeFileSystem, join(folder, "results.json"), encode(lean, 1));
  return { report: join(folder, "report.html"), results: join(folder, "results.json"), folder };
}
