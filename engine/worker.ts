/** Engine worker for browsers: a dedicated module worker. */
import "./closed-prototypes.ts";
import { expose } from "comlink";
import { createCpuBackend } from "./backends/cpu/backend.ts";
import { createReferenceBackend } from "./backends/reference/backend.ts";
import { createWebGpuBackend } from "./backends/webgpu/backend.ts";
import { EngineService } from "./service.ts";
import type { EngineOptions } from "./backends/options.ts";

/** The first message is no call: whoever opens the worker says what it is opened with. */
const options = new Promise<EngineOptions>((resolve) => {
  addEventListener(
    "message",
    (event: MessageEvent<EngineOptions>) => {
      event.stopImmediatePropagation();
      resolve(event.data);
    },
    { once: true },
  );
});

expose(
  new EngineService({
    cpu: () => createCpuBackend(),
    reference: async () => createReferenceBackend(),
    webgpu: async () => {
      if (!navigator.gpu) throw new Error("this browser or window has no WebGPU");
      return createWebGpuBackend(navigator.gpu, { table: (await options).kernelTable });
    },
  }),
);
