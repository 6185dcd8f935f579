/** The thread of the index of runs. */
import "../engine/closed-prototypes.ts";
import { parentPort } from "node:worker_threads";
import { expose } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { RunIndex } from "../experiments/runs/index/node/index.ts";

if (!parentPort) throw new Error("run-index.worker is a worker's script");
expose(new RunIndex(), nodeEndpoint(parentPort));
