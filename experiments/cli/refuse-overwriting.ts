import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { obstacles, obstacleText } from "../report/node/overwrite.ts";
import { RefusedError } from "./refused.ts";

/**
 * Before anything is computed or written: an export goes neither onto a file that the command reads nor, unless told so, onto one
 * that somebody else wrote.
 * @throws {RefusedError} with every file in the way
 */
export async function refuseOverwriting(
  targets: readonly string[],
  { reading, force }: { reading: readonly string[]; force: boolean },
): Promise<void> {
  const found = (await obstacles(targets, reading)).filter(({ why }) => !(force && why === "foreign"));
  if (found.length === 0) return;
  const advice = found.some(({ why }) => why === "foreign") ? "; --force replaces such a file" : "";
  throw new RefusedError(`switchyard: ${found.map(obstacleText).join("; ")}. Nothing was written: name another place${advice}.`);
}

/** What `run` and `report` write into a folder of results, besides runs. */
const written = ["report.html", "results.json", "figures", "tables"];

/** A folder named with --out, which may be anybody's: files that look like results are replaced only where runs of ours lie beside them. */
export async function refuseForeignFolder(folder: string, notebook: string, force: boolean): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw new RefusedError(`switchyard: --out ${folder}: ${error.code === "ENOTDIR" ? "this is a file" : error.message}`);
  });
  const files = written.filter((name) => name.includes(".")).map((name) => join(folder, name));
  await refuseOverwriting(files, { reading: [notebook], force: true });
  if (force || names.includes("runs") || names.includes("manifest.json")) return;
  for (const name of written.filter((one) => names.includes(one))) {
    const path = join(resolve(folder), name);
    const empty = await stat(path).then(
      (at) => at.isDirectory() && readdir(path).then((inside) => inside.length === 0),
      () => true,
    );
    if (!(await empty))
      throw new RefusedError(
        `switchyard: --out ${folder}: ${name} is there already, and no runs of Switchyard's beside it. Nothing was written: name another folder; --force replaces what has the same name.`,
      );
  }
}
