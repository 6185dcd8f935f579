import "../../../engine/backends/node/cpu-flags.ts";
import type { Backend } from "../../../engine/backends/backend.ts";
import { createCpuBackend } from "../../../engine/backends/cpu/backend.ts";
import { EngineService, type Openers } from "../../../engine/service.ts";
import type { OpenExecutor } from "../../../experiments/runs/training/executors.ts";

/** The engine's own service on this very thread, with the backends given and no other. */
export const localExecutor =
  (openers: Partial<Openers>): OpenExecutor =>
  async () => {
    const none = async (): Promise<Backend> => {
      throw new Error("this backend is not tested here");
    };
    const service = new EngineService({ cpu: none, webgpu: none, reference: none, ...openers });
    return {
      devices: (names) => service.devices(names),
      train: (jobs, listener) => service.train(jobs, listener),
      pause: (run) => service.pause(run),
      resume: (run) => service.resume(run),
      stop: (run) => service.stop(run),
      terminate: async () => {},
    };
  };

export const cpuExecutor = (open: () => Promise<Backend> = () => createCpuBackend()): OpenExecutor => localExecutor({ cpu: open });
