/** Node-only: the kernel in a worker thread. */
import { Worker } from "node:worker_threads";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import type { Kernel, KernelHost, KernelOptions } from "../protocol.ts";
import { openRemoteKernel } from "../remote-kernel.ts";

/**
 * The machine's own stack is limited to a fraction of this, so that deep nesting ends in an exception inside it
 * and not in the loss of the sandbox.
 */
const stackSizeMb = 16;

/** @param script the built kernel worker (`out/node/kernel.worker.js`) */
export function openKernelInWorker(host: KernelHost, script: URL, options: KernelOptions = {}): Promise<Kernel> {
  return openRemoteKernel(
    () => {
      const worker = new Worker(script, { resourceLimits: { stackSizeMb } });
      const ended = new Promise<string>((resolve) => {
        worker.once("error", (error) => resolve(error.message));
        worker.once("exit", (code) => resolve(`its thread ended with code ${code}`));
      });
      return { endpoint: nodeEndpoint(worker), ended, terminate: () => void worker.terminate() };
    },
    host,
    options,
  );
}
