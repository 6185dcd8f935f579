import { spawn, spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const cli = join(root, "out/node/cli.js");

/** Stores of tests are not to be known to the person who runs them. */
process.env.XDG_DATA_HOME = join(tmpdir(), "switchyard-test-data");

/** Builds the command line unless the bundle is younger than every source it is made from. */
export function buildCli(): void {
  const built = statSync(cli, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (newest(join(root, "engine")) < built && newest(join(root, "experiments")) < built) return;
  const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts/build.mjs"), "node"], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the command line does not build:\n${stderr}`);
}

const newest = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"))
    .reduce((latest, entry) => Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0);

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `switchyard …` as a person would. `watch` sees standard output as it comes and may send signals. */
export function switchyard(args: string[], watch: (text: string, kill: (signal: NodeJS.Signals) => void) => void = () => {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const ended: Ended = { code: null, stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      ended.stdout += text;
      watch(text, (signal) => child.kill(signal));
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (ended.stderr += text));
    child.once("error", reject);
    child.once("close", (code) => resolve({ ...ended, code }));
  });
}
