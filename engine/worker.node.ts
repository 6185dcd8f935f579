/** Engine worker for Node's worker_threads. */
import { parentPort } from "node:worker_threads";
import { expose } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { nodeBackends } from "./backends/open-node.ts";
import { EngineService } from "./service.ts";

if (!parentPort) throw new Error("worker.node.ts runs as a worker thread");
expose(new EngineService(nodeBackends), nodeEndpoint(parentPort as never));
