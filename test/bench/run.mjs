#!/usr/bin/env node
/**
 * `npm run bench`: every backend there is on the bench models, other libraries beside them, and RESULTS.md.
 *
 *   node test/bench/run.mjs [--models XS,S,M,D,MoE16] [--backends cpu,webgpu] [--seconds 20] [--no-peers] [--out FILE]
 *
 * Wants a quiet machine: it says how busy it was. Peers are installed into a temporary folder; PyTorch is taken from PEER_PYTHON or python3.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { installPeers, peerData, peers, runPeer } from "./peers/run-peers.mjs";
import { markdown } from "./results.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    models: { type: "string", default: "XS,S,M,D,MoE16" },
    backends: { type: "string" },
    seconds: { type: "string", default: "20" },
    "no-peers": { type: "boolean", default: false },
    out: { type: "string", default: join(root, "test/bench/RESULTS.md") },
  },
});
const models = values.models.split(",");
const seconds = Number(values.seconds);
const cores = availableParallelism();

function switchyard(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "out/node/cli.js"), ...args, "--json"], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(stderr.trim().split("\n").at(-1));
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

const { status } = spawnSync(process.execPath, [join(root, "scripts/build.mjs"), "node"], { stdio: "inherit" });
if (status !== 0) process.exit(1);

const load = { before: loadavg()[0], after: 0 };
const { available } = switchyard("devices");
// the float64 reference is no competitor: it takes minutes for a step that others make in milliseconds
const backends = values.backends?.split(",") ?? available.map(({ name }) => name).filter((name) => name !== "reference");
const missing = values["no-peers"] ? Object.fromEntries(Object.keys(peers).map((name) => [name, "not asked for"])) : installPeers();

const rows = [];
for (const model of models) {
  for (const backend of backends) {
    // a software adapter takes minutes per step on the larger models
    if (available.find(({ name }) => name === backend)?.software && !["XS", "S"].includes(model)) continue;
    console.log(`${model} on ${backend}`);
    try {
      rows.push({
        model,
        ours: switchyard("bench", "--backend", backend, "--model", model, "--seconds", String(seconds), "--steps", "1000"),
      });
    } catch (error) {
      rows.push({ model, name: backend, error: error.message });
    }
  }
  const names = Object.keys(peers).filter((name) => peers[name].models.includes(model) && !(name in missing));
  if (names.length === 0) continue;
  const steps = 400;
  const data = await peerData(model, steps);
  for (const name of names) {
    console.log(`${model} on ${name}`);
    try {
      rows.push({ model, name: `${name} ${peers[name].version}`, peer: await runPeer(name, data, { steps, seconds, cores }) });
    } catch (error) {
      rows.push({ model, name, error: error.message.trim().split("\n").at(-1) });
    }
  }
}
load.after = loadavg()[0];

const commit = spawnSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).stdout.trim();
writeFileSync(
  values.out,
  markdown({
    rows,
    missing,
    machine: {
      cpu: cpus()[0].model,
      cores,
      node: process.version,
      platform: process.platform,
      commit,
      load,
      seconds,
      date: new Date().toISOString().slice(0, 10),
    },
  }),
);
console.log(`wrote ${values.out}`);
