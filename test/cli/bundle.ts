import { spawn, spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stateOfBuild } from "../../scripts/builds.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const cli = join(root, "out/node/cli.js");

/** Stores of tests are not to be known to the person who runs them. */
process.env.XDG_DATA_HOME = join(tmpdir(), "switchyard-test-data");

/** Builds the command line unless the build is younger than every source it is made from. */
export function buildCli(): void {
  if (stateOfBuild("node") === "current") return;
  const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts/build.mjs"), "node"], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the command line does not build:\n${stderr}`);
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `switchyard …` as a person would. `watch` sees standard output as it comes and may send signals. */
export function switchyard(
  args: string[],
  watch: (text: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<Ended> {
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
