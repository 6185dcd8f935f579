/** A model as its parts, in the order a token meets them, each with what it costs. The sums are those of `runs/cost.ts`. */
import type { ModelConfig } from "../../engine/model/config.ts";

export interface Part {
  /** parts of one group are drawn in one frame: "layer 1 to 2", "MTP module, depth 1" */
  group: string | null;
  /** how often the group is repeated */
  times: number;
  name: string;
  /** shapes and settings, short */
  detail: string;
  /** numbers of one instance */
  params: number;
  activeParams: number;
  /** of one forward pass, per token, attention over the causal half of a sequence */
  flops: number;
  /** what generation keeps per token, in f32 */
  cacheBytes: number;
}

const bytesPerNumber = 4;

export function partsOf(model: ModelConfig, seqLen: number): Part[] {
  const { hiddenSize: d, vocabSize, numHiddenLayers, firstKDenseReplace, mtp, tieWordEmbeddings } = model;
  const alone = { group: null, times: 1, cacheBytes: 0 };
  const parts: Part[] = [
    { ...alone, name: "Embedding", detail: `${vocabSize} × ${d}`, params: vocabSize * d, activeParams: vocabSize * d, flops: 0 },
  ];
  const layers = (from: number, to: number, feedForward: Omit<Part, "group" | "times">) => {
    if (to < from) return;
    const frame = { group: from === to ? `Layer ${from}` : `Layers ${from} to ${to}`, times: to - from + 1 };
    parts.push({ ...frame, ...attentionPart(model, seqLen, 1) }, { ...frame, ...feedForward });
  };
  layers(1, firstKDenseReplace, densePart(model, 1));
  layers(firstKDenseReplace + 1, numHiddenLayers, moePart(model, 1));
  const headParams = tieWordEmbeddings ? 0 : vocabSize * d;
  parts.push({
    ...alone,
    name: "Norm and output head",
    detail: tieWordEmbeddings ? "shares the embedding" : `${d} × ${vocabSize}`,
    params: d + headParams,
    activeParams: d + headParams,
    flops: 2 * vocabSize * d,
  });
  for (let depth = 1; depth <= mtp.depth; depth++) {
    const share = (seqLen - depth) / seqLen; // a module of depth k sees k positions fewer
    const frame = { group: `MTP module, depth ${depth}`, times: 1 };
    const sequential = mtp.heads === "sequential";
    const join = sequential ? 2 * d * d : 0;
    const norms = sequential ? 2 * d : 0;
    if (sequential)
      parts.push({
        ...frame,
        name: "Join with next embedding",
        detail: `${2 * d} × ${d}`,
        params: join + norms,
        activeParams: join + norms,
        flops: share * 2 * join,
        cacheBytes: 0,
      });
    // a module has experts where the model has
    const feedForward = firstKDenseReplace === numHiddenLayers ? densePart(model, share) : moePart(model, share);
    parts.push({ ...frame, ...attentionPart(model, seqLen - depth, share) }, { ...frame, ...feedForward });
    // parallel heads share the final norm too
    const norm = sequential ? d : 0;
    parts.push({
      ...frame,
      name: sequential ? "Norm, shared head" : "Shared norm and head",
      detail: "the main model's",
      params: norm,
      activeParams: norm,
      flops: share * 2 * vocabSize * d,
      cacheBytes: 0,
    });
  }
  return parts;
}

export function totalOf(parts: readonly Part[]): Pick<Part, "params" | "activeParams" | "flops" | "cacheBytes"> {
  const sum = (key: "params" | "activeParams" | "flops" | "cacheBytes") => parts.reduce((total, part) => total + part.times * part[key], 0);
  return { params: sum("params"), activeParams: sum("activeParams"), flops: sum("flops"), cacheBytes: sum("cacheBytes") };
}

/** Attention with the norm before it. @param share of the positions that pass through it */
function attentionPart(
  { attention, hiddenSize: d, numAttentionHeads: heads }: ModelConfig,
  positions: number,
  share: number,
): Omit<Part, "group" | "times"> {
  const meanKeys = (positions + 1) / 2;
  if (attention.kind === "gqa") {
    const { numKeyValueHeads: kv, headDim } = attention;
    const matrices = d * headDim * (2 * heads + 2 * kv);
    const params = matrices + d;
    const name = kv === heads ? "Multi-head attention" : kv === 1 ? "Multi-query attention" : "Grouped-query attention";
    return {
      name,
      detail: `${heads} heads × ${headDim}${kv === heads ? "" : `, ${kv} for keys and values`}`,
      params,
      activeParams: params,
      flops: share * 2 * (matrices + heads * 2 * headDim * meanKeys),
      cacheBytes: 2 * kv * headDim * bytesPerNumber,
    };
  }
  const { qLoraRank, kvLoraRank, qkNopeHeadDim: nope, qkRopeHeadDim: rope, vHeadDim } = attention;
  const query = heads * (nope + rope);
  const queries = qLoraRank === null ? d * query : qLoraRank * (d + query);
  const matrices = queries + d * (kvLoraRank + rope) + kvLoraRank * heads * (nope + vHeadDim) + heads * vHeadDim * d;
  const params = matrices + kvLoraRank + (qLoraRank ?? 0) + d;
  return {
    name: "Multi-head latent attention",
    detail: `${heads} heads, latent ${kvLoraRank} + rotary ${rope}${qLoraRank === null ? "" : `, query rank ${qLoraRank}`}`,
    params,
    activeParams: params,
    flops: share * 2 * (matrices + heads * (nope + rope + vHeadDim) * meanKeys),
    cacheBytes: (kvLoraRank + rope) * bytesPerNumber,
  };
}

function densePart({ hiddenSize: d, intermediateSize }: ModelConfig, share: number): Omit<Part, "group" | "times"> {
  const matrices = 3 * d * intermediateSize;
  return {
    name: "Dense SwiGLU",
    detail: `${d} × ${intermediateSize}`,
    params: matrices + d,
    activeParams: matrices + d,
    flops: share * 2 * matrices,
    cacheBytes: 0,
  };
}

function moePart(model: ModelConfig, share: number): Omit<Part, "group" | "times"> {
  const { hiddenSize: d, nRoutedExperts, nSharedExperts, numExpertsPerTok, moeIntermediateSize } = model;
  const expert = 3 * d * moeIntermediateSize;
  const always = nRoutedExperts * d + nSharedExperts * expert;
  return {
    name: "Mixture of experts",
    detail: `${nSharedExperts} shared + ${numExpertsPerTok} of ${nRoutedExperts} routed, width ${moeIntermediateSize}`,
    params: d + always + nRoutedExperts * expert,
    activeParams: d + always + numExpertsPerTok * expert,
    flops: share * 2 * (always + numExpertsPerTok * expert),
    cacheBytes: 0,
  };
}
