/** Engine worker for Node's worker_threads. */
import "./closed-prototypes.ts";
import { parentPort, workerData } from "node:worker_threads";
import { expose } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { nodeBackends } from "./open.node.ts";
import { EngineService } from "./service.ts";
import type { EngineOptions } from "./backends/options.ts";

if (!parentPort) throw new Error("worker.node.ts runs as a worker thread");
expose(new EngineService(nodeBackends((workerData ?? undefined) as EngineOptions | undefined)), nodeEndpoint(parentPort as never));
