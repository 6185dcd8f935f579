// Every kernel is a pure function on addresses in one linear memory; arguments are bytes only where they say so.
import { madd } from "./simd";
export { attention, attentionScratch } from "./attention";
export { attentionGrad, attentionGradScratch } from "./attention-grad";
export { sigmoid, sigmoidGrad, swiglu, swigluGrad } from "./activation";
export { balanceLoss, balanceLossGrad } from "./balance";
export { add2, add3, copy, copyRows, fill } from "./elementwise";
export { embedding, embeddingGrad } from "./embedding";
export { crossEntropy, crossEntropyGrad, mean, overlap, zLoss, zLossGrad } from "./loss";
export { groupedMatmulNN, groupedMatmulNT, groupedMatmulTN, matmul, productScratch } from "./matmul";
export { mlaAssemble, mlaAssembleGrad } from "./mla";
export { rmsNorm, rmsNormGradGain, rmsNormGradInput } from "./norm";
export { adamw, biasUpdate, clipScale } from "./optimizer";
export { rope } from "./rope";
export { combine, combineGrad, countLoad, dispatch, gates, gatesGrad, gatherRows, gatherRowsGrad, topk, topkScratch } from "./routing";

/** First byte that no static data occupies. */
export function firstFreeByte(): usize {
  return __heap_base;
}

/** x² − c by `madd`: tells whether this CPU rounds once (fused) or twice. */
export function squareMinus(x: f32, c: f32): f32 {
  return f32x4.extract_lane(madd(f32x4.splat(x), f32x4.splat(x), f32x4.splat(-c)), 0);
}
