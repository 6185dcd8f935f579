import type { Tensor } from "../program/tensor.ts";
import { elements } from "../program/op-record.ts";
import { type Build, linear, rmsNorm } from "./layers.ts";
import { block } from "./block.ts";

/** Hidden rows of one prediction depth, after its norm, ready for the head. */
export interface Depth {
  depth: number;
  seqLen: number;
  h: Tensor;
}

/** What the main model lends to its prediction modules. */
export interface Trunk {
  embedded: Tensor;
  /** input of the last block */
  beforeLast: Tensor;
  /** gain of the final norm */
  gain: Tensor;
  /** output of the final norm */
  h0: Tensor;
  /** of the output head */
  head: Tensor;
}

/** The prediction depths and the head that they share: with `detachTrunk` a copy, that no gradient gets back. */
export function multiTokenPrediction(build: Build, trunk: Trunk): { depths: Depth[]; head: Tensor } {
  const { mtp } = build.config.model;
  if (mtp.depth === 0) return { depths: [], head: trunk.head };
  const detach = (x: Tensor, label: string): Tensor =>
    mtp.detachTrunk && build.mode === "train"
      ? build.program.emit("copy", { length: elements(x.shape) }, [x], { label: `detached_${label}`, differentiable: false })[0]
      : x;
  return {
    depths: mtp.heads === "sequential" ? sequential(build, trunk, detach) : parallel(build, trunk, detach),
    head: detach(trunk.head, "head"),
  };
}

type Detach = (x: Tensor, label: string) => Tensor;

/**
 * V3 §2.2 Eq. 21-24. Depth k sees, at position i, the previous depth's h_i and Emb(t_{i+k}), and predicts t_{i+k+1}; only positions
 * 1 … T−k exist, so rows are cut to seqLen − k per sequence. h⁰ is the main model's output after its final norm and every depth hands on
 * its post-norm output, as Megatron does; the projection reads [embedding ; hidden], embedding first, as the published weights do.
 */
function sequential(build: Build, { embedded, h0 }: Trunk, detach: Detach): Depth[] {
  const { program } = build;
  const { model, train } = build.config;
  const { hiddenSize: width, rmsNormEps: eps } = model;
  const embeddings = detach(embedded, "embedding");
  let previous = { h: detach(h0, "trunk"), seqLen: train.seqLen };
  return eachDepth(build, (depth, seqLen, rows) => {
    const e = rmsNorm(build, "enorm", cut(build, embeddings, train.seqLen, depth, seqLen, "next_embedding"), rows, width, eps);
    const h = rmsNorm(build, "hnorm", cut(build, previous.h, previous.seqLen, 0, seqLen, "previous_hidden"), rows, width, eps);
    const [joined] = program.emit("concatColumns", { rows, left: width, right: width }, [e, h]);
    const x = linear(build, "eh_proj", joined, { rows, in: 2 * width, out: width });
    const out = rmsNorm(build, "shared_head.norm", moduleBlock(build, x, seqLen), rows, width, eps);
    previous = { h: out, seqLen };
    return out;
  });
}

/**
 * Parallel heads (Gloeckle et al. 2024, arXiv 2404.19737, and their released code): the model's last block is the next token's head, and each
 * further head is one more block on what that block reads, the un-normed trunk; all share the final norm and the output head.
 */
function parallel(build: Build, { beforeLast, gain }: Trunk, detach: Detach): Depth[] {
  const { model, train } = build.config;
  const { hiddenSize: width, rmsNormEps: eps } = model;
  const trunk = detach(beforeLast, "trunk");
  const norm = detach(gain, "norm");
  return eachDepth(build, (_depth, seqLen, rows) => {
    const x = cut(build, trunk, train.seqLen, 0, seqLen, "trunk");
    return build.program.emit("rmsNorm", { rows, width, eps }, [moduleBlock(build, x, seqLen), norm], { label: "norm" })[0];
  });
}

function eachDepth(build: Build, body: (depth: number, seqLen: number, rows: number) => Tensor): Depth[] {
  const { model, train } = build.config;
  return Array.from({ length: model.mtp.depth }, (_, n) => {
    const seqLen = train.seqLen - n - 1;
    return {
      depth: n + 1,
      seqLen,
      h: build.program.scope(moduleScope(model.numHiddenLayers + n), () => body(n + 1, seqLen, build.batch * seqLen)),
    };
  });
}

const moduleScope = (layer: number): string => `model.layers.${layer}`;

/** Whether a parameter or router is a prediction module's, by its name. */
export function inModule(name: string, { numHiddenLayers, mtp }: Build["config"]["model"]): boolean {
  return Array.from({ length: mtp.depth }, (_, n) => `${moduleScope(numHiddenLayers + n)}.`).some((scope) => name.startsWith(scope));
}

/** A module has experts where the model has: the control of an all-dense model is then all dense. */
function moduleBlock(build: Build, x: Tensor, seqLen: number): Tensor {
  const { firstKDenseReplace, numHiddenLayers } = build.config.model;
  return block(build, x, { rows: build.batch * seqLen, seqLen }, { dense: firstKDenseReplace === numHiddenLayers, main: false });
}

function cut({ program, batch, config }: Build, x: Tensor, fromLen: number, offset: number, length: number, label: string): Tensor {
  return program.emit("sliceSequence", { batch, fromLen, offset, length, width: config.model.hiddenSize }, [x], { label })[0];
}
