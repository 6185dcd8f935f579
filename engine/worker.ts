/** Engine worker for browsers: a dedicated module worker. */
import { expose } from "comlink";
import { createCpuBackend } from "./backends/cpu/backend.ts";
import { createReferenceBackend } from "./backends/reference/backend.ts";
import { createWebGpuBackend } from "./backends/webgpu/backend.ts";
import { EngineService } from "./service.ts";

expose(
  new EngineService({
    cpu: () => createCpuBackend(),
    reference: async () => createReferenceBackend(),
    webgpu: async () => {
      if (!navigator.gpu) throw new Error("this browser or window has no WebGPU");
      return createWebGpuBackend(navigator.gpu);
    },
  }),
);
