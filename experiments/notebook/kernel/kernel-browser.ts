/** Browser-only: the kernel in a dedicated worker. */
import type { Kernel, KernelHost, KernelOptions } from "./protocol.ts";
import { openRemoteKernel } from "./remote-kernel.ts";

/** @param start e.g. Vite's `?worker` constructor of `kernel.worker.ts` */
export function openKernelInBrowserWorker(host: KernelHost, start: () => Worker, options: KernelOptions = {}): Promise<Kernel> {
  return openRemoteKernel(
    () => {
      const worker = start();
      const ended = new Promise<string>((resolve) => worker.addEventListener("error", (event) => resolve(event.message), { once: true }));
      return { endpoint: worker, ended, terminate: () => worker.terminate() };
    },
    host,
    options,
  );
}
