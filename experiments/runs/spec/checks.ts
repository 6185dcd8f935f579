/** What a schema cannot say: rules between the parts of a complete config. */
import type { RunConfig } from "../../../engine/model/config.ts";
import type { PathKey } from "./problems.ts";

export interface ConfigProblem {
  path: PathKey[];
  message: string;
}

export function checkConfig(config: RunConfig): ConfigProblem[] {
  return [...checkExperts(config), ...checkAttention(config), ...checkBatches(config), ...checkSchedule(config), ...checkMixture(config)];
}

function checkExperts({ model, balance }: RunConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const say = (key: string, message: string) => problems.push({ path: ["model", key], message });
  const { nRoutedExperts, numExpertsPerTok, nGroup, topkGroup, groupScore, firstKDenseReplace, numHiddenLayers, vocabSize } = model;
  if (vocabSize !== 256) say("vocabSize", `${vocabSize}: the corpora are bytes, so it must be 256`);
  if (numExpertsPerTok > nRoutedExperts) say("numExpertsPerTok", `${numExpertsPerTok} is more than nRoutedExperts ${nRoutedExperts}`);
  if (nRoutedExperts % nGroup !== 0) say("nGroup", `${nGroup} does not divide nRoutedExperts ${nRoutedExperts}`);
  else if (nGroup > 1 && groupScore === undefined && nRoutedExperts / nGroup < 2)
    say(
      "nGroup",
      `${nGroup} groups of ${nRoutedExperts / nGroup} expert: a group is ranked by its two best experts, so it needs at least 2`,
    );
  else if (topkGroup <= nGroup && numExpertsPerTok <= nRoutedExperts && numExpertsPerTok > (topkGroup * nRoutedExperts) / nGroup)
    say(
      "numExpertsPerTok",
      `${numExpertsPerTok} is more than the ${(topkGroup * nRoutedExperts) / nGroup} experts in topkGroup ${topkGroup} of nGroup ${nGroup} groups`,
    );
  if (topkGroup > nGroup) say("topkGroup", `${topkGroup} is more than nGroup ${nGroup}`);
  if (groupScore === "K/M" && nGroup === 1) say("groupScore", `"K/M" ranks groups, and nGroup is 1: there are none to rank`);
  else if (groupScore === "K/M" && numExpertsPerTok % topkGroup !== 0)
    say("groupScore", `"K/M" needs numExpertsPerTok divisible by topkGroup: ${numExpertsPerTok} / ${topkGroup} is no number of experts`);
  if (firstKDenseReplace > numHiddenLayers)
    say("firstKDenseReplace", `${firstKDenseReplace} is more than numHiddenLayers ${numHiddenLayers}`);
  const balances = balance.losses.length > 0 || balance.bias !== null || balance.zLoss !== 0;
  if (balances && firstKDenseReplace === numHiddenLayers)
    problems.push({
      path: ["balance"],
      message: `there is nothing to balance: all ${numHiddenLayers} layers are dense (model.firstKDenseReplace)`,
    });
  return problems;
}

function checkAttention({ model, train }: RunConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const { attention, numAttentionHeads, mtp } = model;
  const say = (key: string, message: string) => problems.push({ path: ["model", "attention", key], message });
  if (attention.kind === "mla") {
    if (attention.qkRopeHeadDim % 2 !== 0)
      say("qkRopeHeadDim", `${attention.qkRopeHeadDim} is odd: rotary embedding turns pairs of columns`);
  } else {
    if (numAttentionHeads % attention.numKeyValueHeads !== 0)
      say("numKeyValueHeads", `${attention.numKeyValueHeads} does not divide numAttentionHeads ${numAttentionHeads}`);
    if (attention.ropeDim % 2 !== 0) say("ropeDim", `${attention.ropeDim} is odd: rotary embedding turns pairs of columns`);
    if (attention.ropeDim > attention.headDim) say("ropeDim", `${attention.ropeDim} is more than headDim ${attention.headDim}`);
  }
  if (mtp.depth >= train.seqLen)
    problems.push({
      path: ["model", "mtp", "depth"],
      message: `${mtp.depth} leaves no position to predict in sequences of train.seqLen ${train.seqLen}`,
    });
  return problems;
}

function checkBatches({ balance, train }: RunConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const { batchSize, microBatch } = train;
  const dividesBatch = microBatch === null || batchSize % microBatch === 0;
  if (!dividesBatch)
    problems.push({ path: ["train", "microBatch"], message: `${microBatch} does not divide train.batchSize ${batchSize}` });
  const microstep = microBatch ?? batchSize;
  balance.losses.forEach(({ group }, i) => {
    const path = ["balance", "losses", i, "group"];
    if (group === "batch" && microBatch !== null && microBatch !== batchSize)
      problems.push({
        path,
        message: `"batch" needs train.microBatch null: a microstep of ${microBatch} sequences cannot see the whole batch`,
      });
    if (typeof group === "number" && dividesBatch && microstep % group !== 0)
      problems.push({
        path,
        message: `${group} does not divide the ${microstep} sequences of a ${microBatch === null ? "batch" : "microstep"}`,
      });
  });
  const group = balance.bias?.group;
  if (typeof group === "number") {
    const path = ["balance", "bias", "group"];
    if (batchSize % group !== 0) problems.push({ path, message: `${group} does not divide train.batchSize ${batchSize}` });
    // loads of microsteps are summed row by row, which would mix groups of different microsteps
    else if (microBatch !== null && microBatch !== batchSize) problems.push({ path, message: `${group} needs train.microBatch null` });
  }
  return problems;
}

function checkSchedule({ train: { schedule } }: RunConfig): ConfigProblem[] {
  const path = ["train", "schedule", "pieces"];
  if (schedule.kind === "pieces" && !schedule.pieces)
    return [{ path, message: `kind "pieces" needs them: a list of { until, shape, value }` }];
  if (schedule.kind !== "pieces" && schedule.pieces)
    return [{ path, message: `pieces say nothing in a schedule of kind "${schedule.kind}"; write kind: "pieces"` }];
  return [];
}

function checkMixture({ data, train }: RunConfig): ConfigProblem[] {
  const weights = Object.values(data.mixture);
  if (weights.some((w) => w > 0)) return [];
  return [
    { path: ["data", "mixture"], message: `no domain has a weight above 0, so there is nothing to train on in ${train.steps} steps` },
  ];
}
