/** Engine worker for Node's worker_threads. */
import "./backends/cpu/node-flags.ts";
import { parentPort } from "node:worker_threads";
import { expose } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { createCpuBackend } from "./backends/cpu/backend.ts";
import { createReferenceBackend } from "./backends/reference/backend.ts";
import { createWebGpuBackend } from "./backends/webgpu/backend.ts";
import { nodeGpu } from "./backends/webgpu/node-gpu.ts";
import { EngineService } from "./service.ts";

if (!parentPort) throw new Error("worker.node.ts runs as a worker thread");
const service = new EngineService({
  cpu: () => createCpuBackend(),
  reference: async () => createReferenceBackend(),
  webgpu: async () => createWebGpuBackend(await nodeGpu()),
});
expose(service, nodeEndpoint(parentPort as never));
