import { dataHash } from "../../../engine/data/corpus.ts";
import { benchModels } from "../../../engine/bench/models.ts";
import type { RunConfig } from "../../../engine/model/config.ts";
import { planExperiment, type ExperimentPlan } from "../../../experiments/runs/plan/plan.ts";
import { resolve } from "../../runs/requests.ts";
import { smallDomains } from "../training.ts";

/** Bench model XS on short sequences, with expert biases, an MTP module and gradient accumulation: every kind of state a checkpoint must bring back. */
export function tinyStudy(train: Partial<RunConfig["train"]> = {}): ExperimentPlan {
  const { model, balance } = benchModels.XS;
  const experiment = resolve({
    model: { ...model, mtp: { depth: 1 } },
    balance,
    train: { steps: 120, batchSize: 4, seqLen: 32, microBatch: 2, evalEvery: 40, checkpointEverySeconds: 0.04, keep: "weights", ...train },
    validation: { windowsPerDomain: 4 },
    data: { mixture: { prose: 1, code: 1 } },
    seeds: 1,
  });
  return planExperiment(experiment, dataHash(smallDomains()));
}
