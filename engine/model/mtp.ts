import type { Tensor } from "../program/program.ts";
import { type Build, linear, rmsNorm } from "./layers.ts";
import { block } from "./block.ts";

/** Hidden rows of one prediction depth, after its norm, ready for the shared head. */
export interface Depth {
  depth: number;
  seqLen: number;
  h: Tensor;
}

/**
 * Multi-token prediction, V3 §2.2 Eq. 21-24. Depth k sees, at position i, the previous depth's h_i and Emb(t_{i+k}),
 * and predicts t_{i+k+1}; only positions 1 … T−k exist, so rows are cut to seqLen − k per sequence.
 * h⁰ is the main model's output after its final norm and every depth hands on its post-norm output, as Megatron does;
 * the projection reads [embedding ; hidden], embedding first, as the published weights do.
 * `parallel` heads (Gloeckle et al. 2024) are blocks side by side on the trunk, without the embedding of later tokens.
 */
export function multiTokenPrediction(build: Build, h0: Tensor, embedded: Tensor): Depth[] {
  const { program, batch } = build;
  const { model, train } = build.config;
  const { mtp, hiddenSize: width, numHiddenLayers, rmsNormEps: eps } = model;
  const detach = (x: Tensor, label: string): Tensor =>
    mtp.detachTrunk ? program.emit("copy", { length: batch * train.seqLen * width }, [x], { label, differentiable: false })[0] : x;

  const trunk = mtp.depth > 0 ? detach(h0, "detached_trunk") : h0;
  const embeddings = mtp.depth > 0 && mtp.heads === "sequential" ? detach(embedded, "detached_embedding") : embedded;
  const depths: Depth[] = [];
  let previous = { h: trunk, seqLen: train.seqLen };
  for (let depth = 1; depth <= mtp.depth; depth++) {
    const seqLen = train.seqLen - depth;
    const rows = batch * seqLen;
    program.scope(`model.layers.${numHiddenLayers + depth - 1}`, () => {
      const cut = (x: Tensor, fromLen: number, offset: number, label: string): Tensor =>
        program.emit("sliceSequence", { batch, fromLen, offset, length: seqLen, width }, [x], { label })[0];
      let x: Tensor;
      if (mtp.heads === "sequential") {
        const e = rmsNorm(build, "enorm", cut(embeddings, train.seqLen, depth, "next_embedding"), rows, width, eps);
        const h = rmsNorm(build, "hnorm", cut(previous.h, previous.seqLen, 0, "previous_hidden"), rows, width, eps);
        const [joined] = program.emit("concatColumns", { rows, left: width, right: width }, [e, h]);
        x = linear(build, "eh_proj", joined, { rows, in: 2 * width, out: width });
      } else {
        x = cut(trunk, train.seqLen, 0, "trunk");
      }
      const out = block(build, x, { rows, seqLen }, { dense: false, main: false });
      const h = rmsNorm(build, "shared_head.norm", out, rows, width, eps);
      depths.push({ depth, seqLen, h });
      if (mtp.heads === "sequential") previous = { h, seqLen };
    });
  }
  return depths;
}
