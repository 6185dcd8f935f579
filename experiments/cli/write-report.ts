import { dirname, join } from "node:path";
import * as v from "valibot";
import { nodePngRenderer } from "../figures/node/png.ts";
import type { ReportDocument } from "../report/document.ts";
import { reportFolder } from "../report/folder.ts";
import { writeError } from "../runs/store/node/disk-errors.ts";
import { makeFolder, setAside, writeAtomic, type FileSystem } from "../runs/store/node/filesystem.ts";
import { encode } from "../runs/store/json.ts";
import { readJson } from "../runs/store/node/read-checked.ts";
import { sealed, sealFits } from "../runs/store/sealed-json.ts";

/**
 * Writes results.json (sealed), report.html, figures and tables into a folder, each whole or not at all. The results come first: nothing
 * that goes wrong in drawing loses them.
 * @param fs the way to the files of that folder
 * @param hears.onProblem of each thing that could not be made
 * @param hears.onNotice of what pictures lack, and of a results.json that somebody has changed, which is kept
 * @throws {StoreWriteError}
 */
export async function writeReportFiles(
  folder: string,
  document: ReportDocument,
  fs: FileSystem,
  { onProblem, onNotice }: { onProblem(text: string): void; onNotice(text: string): void },
): Promise<{ report: string; results: string; folder: string }> {
  const { results } = document;
  const lean = {
    ...results,
    experiments: results.experiments.map((experiment) => ({
      ...experiment,
      arms: experiment.arms.map((arm) => ({ ...arm, runs: arm.runs.map(({ events: _events, ...run }) => run) })),
    })),
  };
  const write = async (path: string, contents: string | Uint8Array): Promise<void> => {
    try {
      await makeFolder(fs, dirname(join(folder, path)));
      await writeAtomic(fs, join(folder, path), contents);
    } catch (error) {
      throw writeError(error, folder);
    }
  };
  await keepChanged(fs, join(folder, "results.json"), onNotice);
  await write("results.json", encode(sealed(lean), 1));
  const renderer = await nodePngRenderer();
  const missing = new Map<string, string[]>();
  const picture = (svg: string, path: string): Uint8Array => {
    for (const letter of renderer.missing(svg)) missing.set(letter, [...(missing.get(letter) ?? []), path]);
    return renderer.render(svg);
  };
  for (const [path, contents] of reportFolder(document, picture, onProblem)) await write(path, contents);
  if (missing.size > 0) onNotice(missingText(missing));
  return { report: join(folder, "report.html"), results: join(folder, "results.json"), folder };
}

/** Versions before 0.2 wrote no seal. */
const sealOfResults = sealFits(() => null);

async function keepChanged(fs: FileSystem, path: string, onNotice: (text: string) => void): Promise<void> {
  const reading = await readJson(fs, path, v.unknown(), sealOfResults);
  if (reading.state !== "damaged" || !reading.changed) return;
  const aside = await setAside(fs, path);
  onNotice(
    `${path} is not what was written there (${reading.why})${aside ? `; it is kept as ${aside}` : ""}. It is written again from the runs.`,
  );
}

/** @param missing letter → the pictures that lack it */
function missingText(missing: ReadonlyMap<string, readonly string[]>): string {
  const letters = [...missing.keys()];
  const pictures = [...new Set([...missing.values()].flat())];
  const some = (all: readonly string[], most: number): string =>
    all.slice(0, most).join(", ") + (all.length > most ? ` and ${all.length - most} more` : "");
  return `Pictures in PNG show a box for ${letters.length === 1 ? "a letter" : `${letters.length} letters`} that no font of Switchyard's has (${some(letters, 20)}): ${some(pictures, 3)}. report.html and the SVG beside each picture have the letters.`;
}
