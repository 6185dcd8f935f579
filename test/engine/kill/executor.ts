import "../../../engine/backends/cpu/node-flags.ts";
import type { Backend } from "../../../engine/backends/backend.ts";
import { createCpuBackend } from "../../../engine/backends/cpu/backend.ts";
import { EngineService } from "../../../engine/service.ts";
import type { OpenExecutor } from "../../../experiments/runs/executors.ts";

/** The engine's own service on this very thread, with a CPU backend and no other. */
export const cpuExecutor = (open: () => Promise<Backend> = () => createCpuBackend()): OpenExecutor => async () => {
  const none = async (): Promise<Backend> => {
    throw new Error("only the CPU backend is tested here");
  };
  const service = new EngineService({ cpu: open, webgpu: none, reference: none });
  return {
    devices: (names) => service.devices(names),
    train: (jobs, listener) => service.train(jobs, listener),
    pause: (run) => service.pause(run),
    resume: (run) => service.resume(run),
    stop: (run) => service.stop(run),
    terminate: async () => {},
  };
};
