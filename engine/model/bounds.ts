/**
 * The largest whole numbers a config may hold. Far beyond anything that trains here: they keep sums and products of sizes exact,
 * and planning short. Whether a machine can hold a model is told from its memory, not from these.
 */
export const most = {
  vocabSize: 2 ** 20, hiddenSize: 2 ** 16, numHiddenLayers: 1024, numAttentionHeads: 1024,
  qLoraRank: 2 ** 16, kvLoraRank: 2 ** 16, qkNopeHeadDim: 2 ** 14, qkRopeHeadDim: 2 ** 14, vHeadDim: 2 ** 14,
  numKeyValueHeads: 1024, headDim: 2 ** 14, ropeDim: 2 ** 14,
  nRoutedExperts: 2 ** 14, nSharedExperts: 1024, numExpertsPerTok: 2 ** 14, moeIntermediateSize: 2 ** 18, intermediateSize: 2 ** 18,
  firstKDenseReplace: 1024, nGroup: 2 ** 14, topkGroup: 2 ** 14, mtpDepth: 64,
  tokens: 1e15, steps: 1e9, batchSize: 2 ** 20, seqLen: 2 ** 20, microBatch: 2 ** 20, evalEvery: 1e9, windowsPerDomain: 2 ** 20,
  group: 2 ** 20,
  /** seed + seedOffset stays an exact whole number */
  seed: 2 ** 52, seedOffset: 2 ** 52,
} as const;
