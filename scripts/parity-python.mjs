/**
 * A Python with PyTorch and transformers, for the parity test that loads a model trained here in another implementation.
 * It is kept in the user's cache, one folder per list of requirements: it takes gigabytes, so it is installed by
 * itself on CI only.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { root } from "./root.mjs";

const requirements = join(root, "test/parity/requirements.txt");
const installed = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"),
  "switchyard",
  `parity-${createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12)}`,
);

const works = (python) => spawnSync(python, ["-c", "import torch, transformers, safetensors"], { stdio: "ignore" }).status === 0;

/** @returns {string | null} the Python to use; null where there is none */
export function findParityPython() {
  return [process.env.PARITY_PYTHON, join(installed, "bin/python"), "python3"].find((python) => python && works(python)) ?? null;
}

/** Installs it into the user's cache: 3 GB to fetch, 6 GB on disk. @returns {string | null} the Python; null where it could not be installed */
export function installParityPython() {
  // A venv holds its own path, so it is made where it stays; the mark of a whole one is that it works.
  rmSync(installed, { recursive: true, force: true });
  console.log(`test: installing PyTorch and transformers into ${installed}`);
  for (const [command, ...args] of [
    ["python3", "-m", "venv", installed],
    [join(installed, "bin/pip"), "install", "--quiet", "--no-cache-dir", "-r", requirements],
  ]) {
    const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
    if (status !== 0) {
      console.log(`test: ${command} ${args[0]} failed: ${error?.message ?? stderr.trim().split("\n").at(-1)}`);
      return null;
    }
  }
  return findParityPython();
}
