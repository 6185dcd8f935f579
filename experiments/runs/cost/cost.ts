/** What a run costs, from its config alone. */
import type { ModelConfig, RunConfig } from "../../../engine/model/config.ts";

export interface Cost {
  /** trained numbers, MTP modules included */
  params: number;
  /** those that take part in one token's forward pass: of the routed experts only `numExpertsPerTok` */
  activeParams: number;
  /** forward and backward matrix products, attention counting the causal half; norms, routing choice and the optimizer are left out */
  flopsPerToken: number;
  /** tokens trained on */
  tokens: number;
  flops: number;
}

export function costOf({ model, train }: RunConfig): Cost {
  const {
    hiddenSize: d,
    vocabSize,
    numHiddenLayers,
    firstKDenseReplace,
    mtp,
    numExpertsPerTok,
    nRoutedExperts,
    moeIntermediateSize,
  } = model;
  const attention = attentionSize(model);
  const dense = 3 * d * model.intermediateSize;
  const expert = 3 * d * moeIntermediateSize;
  const moeShared = nRoutedExperts * d + model.nSharedExperts * expert;
  const norms = 2 * d;
  const head = vocabSize * d;
  // a module has experts where the model has
  const denseModules = firstKDenseReplace === numHiddenLayers ? mtp.depth : 0;
  const denseLayers = firstKDenseReplace + denseModules;
  const moeLayers = numHiddenLayers + mtp.depth - denseLayers;
  const blocks = numHiddenLayers + mtp.depth;

  // parallel heads share the final norm
  const moduleNorms = mtp.heads === "sequential" ? 3 * d : 0;
  const join = mtp.heads === "sequential" ? 2 * d * d : 0;
  const embeddings = model.tieWordEmbeddings ? head : 2 * head;
  const notExperts =
    embeddings +
    d +
    blocks * (attention.matrices + attention.norms + norms) +
    denseLayers * dense +
    moeLayers * moeShared +
    mtp.depth * (join + moduleNorms);
  const params = notExperts + moeLayers * nRoutedExperts * expert;
  const activeParams = notExperts + moeLayers * numExpertsPerTok * expert;

  const perPosition = (seqLen: number) => 2 * (attention.matrices + attention.perKey * ((seqLen + 1) / 2));
  const moe = 2 * (moeShared + numExpertsPerTok * expert);
  let forward =
    numHiddenLayers * perPosition(train.seqLen) + firstKDenseReplace * 2 * dense + (numHiddenLayers - firstKDenseReplace) * moe + 2 * head;
  for (let depth = 1; depth <= mtp.depth; depth++) {
    const positions = train.seqLen - depth; // a depth-k module sees k positions fewer per sequence
    forward += (positions / train.seqLen) * (perPosition(positions) + (denseModules > 0 ? 2 * dense : moe) + 2 * join + 2 * head);
  }
  const flopsPerToken = 3 * forward; // the backward pass multiplies twice what the forward pass does
  const tokens = train.steps * train.batchSize * train.seqLen;
  return { params, activeParams, flopsPerToken, tokens, flops: flopsPerToken * tokens };
}

/** Numbers in one attention's matrices and norms, and multiply-adds per (query, key) pair over all heads. */
function attentionSize({ attention, hiddenSize: d, numAttentionHeads: heads }: ModelConfig) {
  if (attention.kind === "gqa") {
    const { headDim, numKeyValueHeads } = attention;
    return { matrices: d * headDim * (2 * heads + 2 * numKeyValueHeads), norms: 0, perKey: heads * 2 * headDim };
  }
  const { qLoraRank, kvLoraRank, qkNopeHeadDim: nope, qkRopeHeadDim: rope, vHeadDim } = attention;
  const query = heads * (nope + rope);
  const queries = qLoraRank === null ? d * query : qLoraRank * (d + query);
  return {
    matrices: queries + d * (kvLoraRank + rope) + kvLoraRank * heads * (nope + vHeadDim) + heads * vHeadDim * d,
    norms: kvLoraRank + (qLoraRank ?? 0),
    perKey: heads * (nope + rope + vHeadDim),
  };
}

/**
 * Seconds that runs will take, given a measured rate.
 * @param tokensPerSecond of one worker on one of these configs; others are scaled by their FLOPs per token
 */
export function expectedSeconds(
  runs: readonly Cost[],
  measured: { tokensPerSecond: number; flopsPerToken: number },
  workers: number,
): number {
  const flopsPerSecond = measured.tokensPerSecond * measured.flopsPerToken;
  const total = runs.reduce((sum, run) => sum + run.flops / flopsPerSecond, 0);
  const longest = runs.reduce((max, run) => Math.max(max, run.flops / flopsPerSecond), 0);
  // a run cannot be split over workers
  return Math.max(longest, total / Math.max(1, workers));
}
