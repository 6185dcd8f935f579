/** Kernel worker for Node's worker_threads. */
import "../../../engine/closed-prototypes.ts";
import { parentPort } from "node:worker_threads";
import { expose } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { KernelService } from "./service.ts";

if (!parentPort) throw new Error("kernel.worker.node.ts runs as a worker thread");
expose(new KernelService(), nodeEndpoint(parentPort as never));
