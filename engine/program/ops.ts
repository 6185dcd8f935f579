/**
 * Every primitive operation: its attributes, inputs, outputs and exact meaning. This page is the contract
 * that the three backends implement and that autodiff composes; `backends/reference` is the same in code.
 *
 * Conventions. All elements are 4 bytes: f32 or i32. Matrices are row-major and dense. T = rows = batch × seqLen
 * with the sequence index slow (row t is position t % seqLen of sequence ⌊t / seqLen⌋). E experts, K active ones,
 * R = T·K routed rows sorted by expert (then by token, then by slot), H heads, V vocabulary.
 * Outputs never alias inputs, except an output marked `accumulate`, which adds to what its slice holds.
 * `numbers` is the run's table of scalars that change per step (see `NumberSlot`), always a rank-1 f32 tensor.
 */
export interface OpAttrs {
  /** ids i32[rows], table[vocab,width] → y[rows,width] = table[ids] */
  embedding: { rows: number; vocab: number; width: number };
  /** dy[rows,width], order i32[rows], starts i32[vocab+1] → dTable[vocab,width]. Rows with id v are order[starts[v] … starts[v+1]), ascending. Writes zeros for unused ids. */
  embeddingGrad: { rows: number; vocab: number; width: number };

  /** x[rows,width], gain[width] → y = x·rstd·gain, rstd[rows] = 1/sqrt(mean(x²)+eps) */
  rmsNorm: { rows: number; width: number; eps: number };
  /** dy, x, gain, rstd → dx = rstd·(g − x·rstd²·mean(g·x)), g = dy·gain */
  rmsNormGradInput: { rows: number; width: number };
  /** dy, x, rstd → dGain[width] = Σ_rows dy·x·rstd */
  rmsNormGradGain: { rows: number; width: number };

  /** a, b → c[m,n] = op(a)·op(b). a is [m,k] ([k,m] if transA); b is [k,n] ([n,k] if transB). Only NN, NT (linear forward) and TN (weight gradient) occur. */
  matmul: { m: number; n: number; k: number; transA: boolean; transB: boolean };

  /**
   * x[rows,heads·headDim] → y, rotating the last ropeDim columns of each head in interleaved pairs (2j,2j+1) by
   * angle p·theta^(−2j/ropeDim), p = row % seqLen; sign −1 if inverse. Other columns are copied.
   */
  rope: { rows: number; heads: number; headDim: number; ropeDim: number; seqLen: number; theta: number; inverse: boolean };

  /** kv[rows, H·(nope+v)] (per head [k_nope | v]), kRope[rows,rope] → k[rows, H·(nope+rope)] (k_rope shared by all heads), v[rows, H·v] */
  mlaAssemble: { rows: number; heads: number; nope: number; rope: number; v: number };
  /** dk, dv → dkv, dkRope (summed over heads in order) */
  mlaAssembleGrad: { rows: number; heads: number; nope: number; rope: number; v: number };

  /** q[T,H·qkDim], k[T,kvHeads·qkDim], v[T,kvHeads·vDim] → o[T,H·vDim], lse[T,H]. Causal within each sequence; scores q·k·scale; head h reads kv head ⌊h·kvHeads/H⌋; lse = log Σ exp(score). */
  attention: { batch: number; seqLen: number; heads: number; kvHeads: number; qkDim: number; vDim: number; scale: number };
  /** q, k, v, o, lse, do → dq, dk, dv, delta[T,H] (delta = Σ do·o, scratch of the owner-computes kernels) */
  attentionGrad: { batch: number; seqLen: number; heads: number; kvHeads: number; qkDim: number; vDim: number; scale: number };

  /** gu[rows,2·width] (gate columns first) → h[rows,width] = silu(gate)·up */
  swiglu: { rows: number; width: number };
  /** gu, dh → dgu */
  swigluGrad: { rows: number; width: number };

  /** 2 or 3 inputs → their elementwise sum, left to right */
  add: { length: number };
  /** x → y */
  copy: { length: number };
  /** (no inputs) → y = value everywhere */
  fill: { length: number; value: number };
  /** a[rows,left], b[rows,right] → c[rows,left+right] */
  concatColumns: { rows: number; left: number; right: number };
  /** dc → da, db */
  splitColumns: { rows: number; left: number; right: number };
  /** x[batch·fromLen,width] → y[batch·length,width] = rows offset … offset+length of every sequence */
  sliceSequence: { batch: number; fromLen: number; offset: number; length: number; width: number };
  /** dy → dx, zeros outside the slice (accumulate: those rows unchanged) */
  sliceSequenceGrad: { batch: number; fromLen: number; offset: number; length: number; width: number };

  /** logits[rows,E] → s = sigmoid(logits) */
  sigmoid: { length: number };
  /** s, ds → dlogits = ds·s·(1−s) */
  sigmoidGrad: { length: number };
  /**
   * s[rows,E] (, bias[E] unless form "none") → idx i32[rows,K], ascending expert ids. Choice = s, s+bias or s·bias. With nGroup > 1: group score = sum of its
   * groupTop highest choices, the topkGroup best groups stay, the others are −∞, and so is a choice that is not a number. Ties: lowest id wins, for groups and experts.
   */
  topk: {
    rows: number;
    experts: number;
    k: number;
    nGroup: number;
    topkGroup: number;
    groupTop: number;
    form: "none" | "additive" | "multiplicative";
  };
  /** s[rows,E], idx → g[rows,K] = s[idx] (÷ (Σ_k s[idx] + 1e-20) if normalise) · scale. Never from biased scores. */
  gates: { rows: number; experts: number; k: number; normalise: boolean; scale: number };
  /** s, idx, dg → ds[rows,E], zero for experts not chosen */
  gatesGrad: { rows: number; experts: number; k: number; normalise: boolean; scale: number };
  /** idx i32[rows,K] → starts i32[E+1], rowOfSlot i32[rows·K], slotOfRow i32[rows·K]: stable sort of slots (t·K+k) by expert; rowOfSlot inverts slotOfRow. */
  dispatch: { rows: number; experts: number; k: number };
  /** idx i32[rows,K] → load f32[groups,E]: how often each expert was chosen in each run of groupRows rows (groups = rows/groupRows) */
  countLoad: { rows: number; experts: number; k: number; groupRows: number };
  /** x[rows,width], slotOfRow → y[R,width], y[r] = x[⌊slotOfRow[r]/K⌋] */
  gatherRows: { rows: number; k: number; width: number };
  /** dy[R,width], rowOfSlot → dx[rows,width] = Σ_k dy[rowOfSlot[t·K+k]], in slot order */
  gatherRowsGrad: { rows: number; k: number; width: number };
  /**
   * One product per expert over its rows starts[e] … starts[e+1] of R = `rows` rows.
   * NT: a[R,k], w[E,n,k] → c[R,n] = a·wᵀ.   NN: a[R,k], w[E,k,n] → c[R,n] = a·w.
   * TN: a[R,n], b[R,k] → c[E,n,k] = aᵀ·b, zeros for an expert without rows.   inputs: (a, w|b, starts)
   */
  groupedMatmul: { rows: number; experts: number; n: number; k: number; mode: "NT" | "NN" | "TN" };
  /** z[R,width], g[rows,K], rowOfSlot → y[rows,width] = Σ_k g[t,k]·z[rowOfSlot[t·K+k]], in slot order */
  combine: { rows: number; k: number; width: number };
  /** dy, z, g, rowOfSlot → dz[R,width] = g·dy, dg[rows,K] = dy·z */
  combineGrad: { rows: number; k: number; width: number };

  /**
   * s[rows,E], idx (the unbiased, ungrouped top-K), numbers → loss[1], f[groups,E].
   * V3 Eq. 17-20 per group of groupRows rows: f = E/(K·groupRows)·count, P = mean of s/Σs; loss = numbers[number]·mean over groups of Σ f·P.
   */
  balanceLoss: { rows: number; experts: number; k: number; groupRows: number; number: number };
  /** s, f, numbers → ds = numbers[number]/(groups·groupRows) · (f_i − Σ_j f_j s_j/Σs)/Σs */
  balanceLossGrad: { rows: number; experts: number; k: number; groupRows: number; number: number };
  /** logits[rows,E], numbers → loss[1] = numbers.zLoss · mean (logsumexp)² */
  zLoss: { rows: number; experts: number };
  /** logits, numbers → dlogits = numbers.zLoss·2·lse·softmax/rows */
  zLossGrad: { rows: number; experts: number };

  /** logits[rows,V], targets i32[batch·targetLen] → nll[rows], lse[rows], argmax i32[rows] (lowest id wins). Row t of sequence b, position p has target targets[b·targetLen + targetOffset + p]. */
  crossEntropy: { rows: number; vocab: number; seqLen: number; targetLen: number; targetOffset: number };
  /** logits, targets, lse, numbers → dlogits = (softmax − onehot)·factor·(number ≥ 0 ? numbers[number] : 1) */
  crossEntropyGrad: {
    rows: number;
    vocab: number;
    seqLen: number;
    targetLen: number;
    targetOffset: number;
    factor: number;
    number: number;
  };
  /**
   * ahead[rows,V], its lse[rows], main[batch·mainLen,V], its lse[batch·mainLen] → overlap[rows] = Σ_x min(p, q), p and q the softmax of two rows: row t of
   * sequence b, position i with row b·mainLen + mainOffset + i of main. The chance that a guess drawn from p is kept by speculative sampling from q (arXiv 2211.17192).
   */
  overlap: { rows: number; vocab: number; seqLen: number; mainLen: number; mainOffset: number };
  /** x[length] → mean[1] */
  mean: { length: number };

  /** gradients[length], numbers → norm[1] (‖g·numbers.gradScale‖), scale[1] = gradScale·min(1, clipNorm/norm), 0 when the norm is not finite (the step is skipped) */
  clipScale: { length: number };
  /** param, grad, m, v (each [length]), scale[1], numbers → param, m, v in place (accumulate targets). AdamW, decoupled decay on the first decayLength elements; nothing changes when scale is 0. */
  adamw: { length: number; decayLength: number };
  /** bias[E], load[groups,E], scale[1], numbers → bias in place: bias += gamma/groups · Σ_groups rule(mean − load) (sign with sign(0)=0, or (mean−load)/mean); nothing changes when scale is 0 */
  biasUpdate: { experts: number; groups: number; rule: "sign" | "magnitude" };
}

export type OpKind = keyof OpAttrs;
export type DType = "f32" | "i32";

/** Fixed slots of the `numbers` table; the alphas of `balance.losses` follow from `firstAlpha` on. */
export const NumberSlot = {
  /** learning rate of this step */ lr: 0,
  /** 1 − beta1^t */ correction1: 1,
  /** 1 − beta2^t */ correction2: 2,
  beta1: 3,
  beta2: 4,
  eps: 5,
  weightDecay: 6,
  clipNorm: 7,
  /** 1 / microsteps per step: gradients are summed over microsteps and scaled by this */ gradScale: 8,
  gamma: 9,
  /** lambda / D of Eq. 25 */ mtpWeight: 10,
  /** coefficient of the router z-loss */ zLoss: 11,
  firstAlpha: 12,
} as const;
