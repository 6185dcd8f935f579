/** Other libraries on the same models: installed into a temporary folder when first asked for, run as processes of their own. */
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(tmpdir(), "switchyard-peers");
const packages = { "@jax-js/jax": "0.1.25", "@tensorflow/tfjs": "4.22.0", "@tensorflow/tfjs-backend-wasm": "4.22.0" };

/** Largest relative difference of a loss that float32 in another order of additions explains over the first steps. */
const lossTolerance = 1e-3;

/** name → models it can train, and what to start for one process of so many threads */
export const peers = {
  "jax-js": {
    version: packages["@jax-js/jax"],
    models: ["D", "MoE16"],
    ways: (cores) => [{ processes: cores, threads: 1 }],
    command: (args) => [process.execPath, [join(folder, "jax-js.mjs"), ...args]],
  },
  "TensorFlow.js": {
    version: packages["@tensorflow/tfjs"],
    models: ["D", "MoE16"],
    ways: (cores) => [{ processes: cores, threads: 1 }],
    command: (args) => [process.execPath, [join(folder, "tfjs.mjs"), ...args]],
  },
  PyTorch: {
    version: "",
    models: ["XS", "S", "M", "D"],
    // one run on all cores, or a run on each: whichever it does better
    ways: (cores) => [{ processes: 1, threads: cores }, ...(cores > 1 ? [{ processes: cores, threads: 1 }] : [])],
    command: (args) => [python(), [join(here, "pytorch.py"), ...args]],
  },
};

/** Makes peers usable; returns those that are not, with the reason. */
export function installPeers() {
  const missing = {};
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(here)) if (file.endsWith(".mjs")) cpSync(join(here, file), join(folder, file));
  if (!existsSync(join(folder, "package.json")))
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const wanted = Object.entries(packages).filter(([name, version]) => {
    const manifest = join(folder, "node_modules", name, "package.json");
    return !existsSync(manifest) || JSON.parse(readFileSync(manifest, "utf8")).version !== version;
  });
  if (wanted.length > 0) {
    const { status, stderr } = spawnSync("npm", ["install", "--no-audit", "--no-fund", ...wanted.map((entry) => entry.join("@"))], {
      cwd: folder,
      encoding: "utf8",
    });
    if (status !== 0) missing["jax-js"] = missing["TensorFlow.js"] = `npm: ${stderr.trim().split("\n").at(-1)}`;
  }
  if (!python()) missing.PyTorch = "no Python with torch and transformers (name one with PEER_PYTHON)";
  else
    peers.PyTorch.version = execFileSync(
      python(),
      ["-c", "import torch, transformers; print(f'{torch.__version__}, transformers {transformers.__version__}')"],
      { encoding: "utf8" },
    ).trim();
  return missing;
}

let found;
function python() {
  found ??=
    [process.env.PEER_PYTHON, "python3"].find(
      (path) => path && spawnSync(path, ["-c", "import torch, transformers"], { stdio: "ignore" }).status === 0,
    ) ?? "";
  return found;
}

/** Writes what peers need to train `model`; see data.ts. */
export async function peerData(model, steps) {
  const data = join(folder, "data", model);
  await promisify(execFile)(process.execPath, [join(here, "data.mjs"), model, data, String(steps)]);
  return data;
}

/** @returns tokens per second on all cores in the best way the peer has, and how far its losses are from ours */
export async function runPeer(name, data, { steps, seconds, cores }) {
  const ours = JSON.parse(readFileSync(join(data, "model.json"), "utf8")).losses;
  let best = null;
  for (const { processes, threads } of peers[name].ways(cores)) {
    const [command, args] = peers[name].command([data, String(steps), String(seconds), String(threads)]);
    // Python finds its threads here before anything is imported
    const env = { ...process.env, OMP_NUM_THREADS: String(threads) };
    const runs = await Promise.all(
      Array.from({ length: processes }, () => promisify(execFile)(command, args, { env, cwd: folder, maxBuffer: 2 ** 26 })),
    );
    const results = runs.map(({ stdout }) => JSON.parse(stdout.trim().split("\n").at(-1)));
    // the first steps compile
    const rate = results.reduce((sum, { times, tokens }) => sum + (1000 * tokens) / median(times.slice(Math.min(2, times.length - 1))), 0);
    const lossError = Math.max(
      ...results.flatMap(({ losses }) => ours.slice(0, losses.length).map((loss, n) => Math.abs(losses[n] - loss) / loss)),
    );
    if (!best || rate > best.tokensPerSecond)
      best = { tokensPerSecond: rate, processes, threads, lossError, steps: Math.min(...results.map(({ times }) => times.length)) };
  }
  return { ...best, agrees: best.lossError < lossTolerance };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
