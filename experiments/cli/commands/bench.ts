import { availableParallelism } from "node:os";
import type { BackendName } from "../../../engine/backends/backend.ts";
import { benchModels, type BenchModel } from "../../../engine/bench/models.ts";
import { runBench } from "../../bench/node/run-bench.ts";
import { summaryText } from "../../bench/text.ts";
import { chooseBackend } from "../../runs/devices/backend-choice.ts";
import { didYouMean } from "../../runs/spec/problems.ts";
import { UsageError, parse } from "../arguments.ts";
import { remark, say } from "../output.ts";
import { askDevices, userKernelTable } from "../workers.ts";

/** The bench worker lies beside the bundled command line. */
const script = new URL("./bench.worker.js", import.meta.url);

/** `switchyard bench`: how fast this machine trains the bench models, against its own matrix products. */
export async function bench(argv: string[]): Promise<number> {
  const { values, positionals } = parse(argv, {
    backend: { type: "string", default: "auto" },
    model: { type: "string", multiple: true },
    replicas: { type: "string", default: "1" },
    jobs: { type: "string" },
    steps: { type: "string", default: "20" },
    seconds: { type: "string", default: "30" },
    gemm: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  });
  if (positionals.length > 0) throw new UsageError(`bench takes no ${positionals[0]}`);
  const backend = await backendOf(values.backend);
  const [replicas, rounds, maxSeconds] = [
    wholeNumber("--replicas", values.replicas),
    wholeNumber("--steps", values.steps),
    wholeNumber("--seconds", values.seconds),
  ];
  const workers = values.jobs === undefined ? (backend === "cpu" ? availableParallelism() : 1) : wholeNumber("--jobs", values.jobs);
  if (backend !== "webgpu" && replicas > 1) throw new UsageError(`--replicas ${replicas}: only webgpu trains replicas; use --jobs`);
  let failed = 0;
  for (const model of modelsOf(values.model ?? ["XS", "S"])) {
    try {
      const summary = await runBench(script, {
        model,
        backend,
        workers,
        replicas,
        rounds,
        maxSeconds,
        profile: values.profile || values.gemm,
        kernelTable: await userKernelTable(),
      });
      if ((values.gemm || values.profile) && summary.profile.length === 0)
        remark(`switchyard: the ${backend} backend cannot time single ops\n`);
      if (values.gemm && !values.profile) summary.profile = summary.profile.filter(({ label }) => /matmul/i.test(label));
      say(`${values.json ? JSON.stringify(summary) : summaryText(summary)}\n`);
    } catch (error) {
      failed++;
      remark(`switchyard: ${model} on ${backend}: ${(error as Error).message}\n`);
    }
  }
  return failed > 0 ? 1 : 0;
}

async function backendOf(wanted: string): Promise<BackendName> {
  if (!["auto", "webgpu", "cpu", "reference"].includes(wanted))
    throw new UsageError(`--backend ${wanted}: needs auto, webgpu, cpu or reference`);
  return wanted === "auto" ? chooseBackend(await askDevices(), "auto").info.name : (wanted as BackendName);
}

/** `--model S`, repeated or with commas. */
export function modelsOf(names: string[], option = "--model"): BenchModel[] {
  const known = Object.keys(benchModels);
  return names
    .flatMap((list) => list.split(","))
    .map((name) => {
      if (known.includes(name)) return name as BenchModel;
      const near = didYouMean(name, known);
      throw new UsageError(`${option} ${name}: ${near ? `did you mean ${near}?` : `there are ${known.join(", ")}`}`);
    });
}

export function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new UsageError(`${option} ${text}: needs a whole number of at least 1`);
  return value;
}
