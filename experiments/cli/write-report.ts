import { dirname, join } from "node:path";
import * as v from "valibot";
import { nodePngRenderer } from "../figures/png-node.ts";
import type { ReportDocument } from "../report/document.ts";
import { reportFolder } from "../report/folder.ts";
import { writeError } from "../runs/disk-errors.ts";
import { makeFolder, setAside, writeAtomic, type FileSystem } from "../runs/filesystem.ts";
import { encode } from "../runs/json.ts";
import { readJson } from "../runs/read-checked.ts";
import { sealed, sealFits } from "../runs/sealed-json.ts";

/**
 * Writes results.json (sealed), report.html, figures and tables into a folder, each whole or not at all.
 * @param fs the way to the files of that folder
 * @param onNotice hears of a results.json that somebody has changed, which is kept
 * @throws {StoreWriteError}
 */
export async function writeReportFiles(folder: string, document: ReportDocument, fs: FileSystem, onNotice: (text: string) => void): Promise<{ report: string; results: string; folder: string }> {
  const { results } = document;
  const lean = { ...results, experiments: results.experiments.map((experiment) => ({ ...experiment, arms: experiment.arms.map((arm) => ({ ...arm, runs: arm.runs.map(({ events: _events, ...run }) => run) })) })) };
  const renderer = await nodePngRenderer();
  const files = reportFolder(document, (svg) => renderer.render(svg));
  files.set("results.json", encode(sealed(lean), 1));
  await keepChanged(fs, join(folder, "results.json"), onNotice);
  try {
    for (const [path, contents] of files) {
      await makeFolder(fs, dirname(join(folder, path)));
      await writeAtomic(fs, join(folder, path), contents);
    }
  } catch (error) {
    throw writeError(error, folder);
  }
  return { report: join(folder, "report.html"), results: join(folder, "results.json"), folder };
}

/** Versions before 0.2 wrote no seal. */
const sealOfResults = sealFits(() => null);

async function keepChanged(fs: FileSystem, path: string, onNotice: (text: string) => void): Promise<void> {
  const reading = await readJson(fs, path, v.unknown(), sealOfResults);
  if (reading.state !== "damaged" || !reading.changed) return;
  const aside = await setAside(fs, path);
  onNotice(`${path} is not what was written there (${reading.why})${aside ? `; it is kept as ${aside}` : ""}. It is written again from the runs.`);
}
