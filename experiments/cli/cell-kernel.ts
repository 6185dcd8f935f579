import type { Kernel, KernelHost } from "../notebook/kernel/protocol.ts";
import { openKernelInWorker } from "../notebook/kernel/node/kernel.ts";

/**
 * Cells run in a thread of their own, as in the app: one that computes for seconds must not hold up the locks and the
 * progress of the runs that train meanwhile. The worker lies beside the bundled command line.
 */
export const openCellKernel = (host: KernelHost): Promise<Kernel> =>
  openKernelInWorker(host, new URL("./kernel.worker.js", import.meta.url));
