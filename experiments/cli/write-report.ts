import { dirname, join } from "node:path";
import { nodePngRenderer } from "../figures/png-node.ts";
import type { ReportDocument } from "../report/document.ts";
import { reportFolder } from "../report/folder.ts";
import { makeFolder, nodeFileSystem, writeAtomic } from "../runs/filesystem.ts";
import { encode } from "../runs/json.ts";

/** Writes results.json, report.html, figures and tables into a folder, each whole or not at all. */
export async function writeReportFiles(folder: string, document: ReportDocument): Promise<{ report: string; results: string; folder: string }> {
  const { results } = document;
  const lean = { ...results, experiments: results.experiments.map((experiment) => ({ ...experiment, arms: experiment.arms.map((arm) => ({ ...arm, runs: arm.runs.map(({ events: _events, ...run }) => run) })) })) };
  const renderer = await nodePngRenderer();
  const files = reportFolder(document, (svg) => renderer.render(svg));
  files.set("results.json", encode(lean, 1));
  for (const [path, contents] of files) {
    await makeFolder(nodeFileSystem, dirname(join(folder, path)));
    await writeAtomic(nodeFileSystem, join(folder, path), contents);
  }
  return { report: join(folder, "report.html"), results: join(folder, "results.json"), folder };
}
