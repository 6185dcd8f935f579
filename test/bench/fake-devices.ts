/** A machine on paper: backends with given speeds, under workers that do no mathematics. */
import type { BackendInfo, BackendName } from "../../engine/backends/backend.ts";
import type { RunConfig } from "../../engine/model/config.ts";
import type { MetricEvent } from "../../engine/train/protocol.ts";
import type { Devices } from "../../experiments/runs/devices/backend-choice.ts";
import type { ChoiceOptions } from "../../experiments/runs/devices/choose-backend.ts";
import type { OpenExecutor } from "../../experiments/runs/training/executors.ts";
import { Rates } from "../../experiments/runs/devices/rates.ts";

export const cpuInfo: BackendInfo = { name: "cpu", adapter: "WASM SIMD", software: false, kernels: "c0", fma: true };
export const gpuInfo: BackendInfo = {
  name: "webgpu",
  adapter: "Some GPU",
  software: false,
  kernels: "a0",
  fma: null,
  limits: { maxBufferSize: 2 ** 32, maxStorageBufferBindingSize: 2 ** 31 },
};
export const softwareInfo: BackendInfo = { ...gpuInfo, adapter: "SwiftShader", software: true };

export interface Machine {
  infos: BackendInfo[];
  /** tokens per second of one worker, or what training there throws; 0: a step never ends */
  speeds: Partial<Record<BackendName, number | Error>>;
  /** probes made so far, by backend */
  probed: BackendName[];
  /** runs that trained side by side in each */
  sizes: number[];
  open: OpenExecutor;
  devices: Devices;
}

export function machine(infos: BackendInfo[], speeds: Machine["speeds"]): Machine {
  const probed: BackendName[] = [];
  const sizes: number[] = [];
  const open: OpenExecutor = async () => {
    let stop = false;
    return {
      devices: async (names) => ({ available: infos.filter(({ name }) => !names || names.includes(name)), unavailable: [] }),
      train: async (jobs, { onMetrics, onEnd }) => {
        const [{ config, backend }] = jobs;
        sizes.push(jobs.length);
        probed.push(backend);
        const speed = speeds[backend]!;
        if (speed instanceof Error) throw speed;
        if (speed === 0) return new Promise(() => {});
        const perStep = config.train.batchSize * config.train.seqLen;
        for (let step = 1; !stop; step++) {
          await new Promise(setImmediate);
          // the first two steps are slow, as they are while a runtime compiles
          const seconds = (step * perStep) / speed + 0.1 * Math.min(step, 2);
          jobs.forEach((_, run) => onMetrics(run, [{ kind: "step", step, tokens: step * perStep, seconds } as MetricEvent]));
        }
        jobs.forEach((_, run) => onEnd(run, { status: "stopped", step: 1, checkpoint: new Uint8Array(), info: infos[0] }));
      },
      pause: async () => {},
      resume: async () => {},
      stop: async () => void (stop = true),
      terminate: async () => {},
    };
  };
  return { infos, speeds, probed, sizes, open, devices: { available: infos, unavailable: [] } };
}

export function memoryRates(text: string | null = null): { rates: Rates; text: () => string | null } {
  return {
    rates: new Rates({
      load: async () => text,
      save: async (next) => void (text = next),
    }),
    text: () => text,
  };
}

export const choice = ({ open, devices }: Machine, runs: RunConfig[], more: Partial<ChoiceOptions> = {}): ChoiceOptions => ({
  wanted: "auto",
  devices,
  runs,
  open,
  texts: async () => [],
  workers: (backend) => (backend === "cpu" ? 4 : 1),
  machineBytes: 16 * 2 ** 30,
  rates: memoryRates().rates,
  ...more,
});
