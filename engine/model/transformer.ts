import type { LossSeed } from "../program/op-record.ts";
import { differentiate } from "../program/autodiff.ts";
import { NumberSlot } from "../program/ops.ts";
import type { Node, Tensor } from "../program/tensor.ts";
import { Program } from "../program/program.ts";
import { block } from "./block.ts";
import type { RunConfig } from "./config.ts";
import { type Build, type Collected, normGain, project, rmsNorm } from "./layers.ts";
import { multiTokenPrediction } from "./mtp.ts";

/** A whole model as symbolic lists over shared parameters, before memory is planned. */
export interface TransformerProgram {
  program: Program;
  given: { tokens: Tensor; targets: Tensor; order: Tensor; starts: Tensor; numbers: Tensor };
  microstep: Node[];
  evaluate: Node[];
  /** parameter id → gradient tensor */
  gradients: Map<number, Tensor>;
  training: Collected & { loss: Tensor[] };
  evaluation: Collected & { heads: Head[] };
}

/** Prediction depth k (0 = main head): rows of loss and greedy choice; in evaluations of depths from 1 on, overlap with the main head. */
interface Head {
  depth: number;
  seqLen: number;
  logits: Tensor;
  nll: Tensor;
  lse: Tensor;
  argmax: Tensor;
  overlap: Tensor | null;
}

/** What a program keeps for the host beyond what training needs. */
export interface BuildOptions {
  /** evaluation leaves each head's logits, f32[rows,V], readable */
  keepLogits?: boolean;
}

/** Microstep batch: sequences that go through the device at once. */
export const microBatchOf = ({ train }: RunConfig): number => train.microBatch ?? train.batchSize;

/** Builds forward, backward and evaluation of a DeepSeek-V3-style model (V3 §2) for one run configuration. */
export function buildTransformer(config: RunConfig, { keepLogits = false }: BuildOptions = {}): TransformerProgram {
  const program = new Program();
  const { model, train } = config;
  const batch = microBatchOf(config);
  const rows = batch * train.seqLen;
  const given = {
    tokens: program.tensor("tokens", [rows], "i32", "inputs"),
    targets: program.tensor("targets", [rows], "i32", "inputs"),
    order: program.tensor("order", [rows], "i32", "inputs"),
    starts: program.tensor("starts", [model.vocabSize + 1], "i32", "inputs"),
    numbers: program.tensor("numbers", [NumberSlot.firstAlpha + config.balance.losses.length], "f32", "numbers"),
  };

  const forward = (mode: Build["mode"]): { nodes: Node[]; collected: Collected; heads: Head[] } => {
    const collected: Collected = { routerLoss: [], routers: [] };
    const build: Build = { program, config, batch, mode, numbers: given.numbers, collected };
    let heads: Head[] = [];
    const nodes = program.list(() => {
      heads = predict(build, given, keepLogits);
    });
    return { nodes, collected, heads };
  };

  const evaluation = forward("evaluate");
  const training = forward("train");
  const loss: Tensor[] = [];
  const seeds: LossSeed[] = training.heads.map(({ depth, seqLen, nll }) => ({
    tensor: nll,
    factor: 1 / (batch * seqLen),
    number: depth === 0 ? -1 : NumberSlot.mtpWeight,
  }));
  let gradients = new Map<number, Tensor>();
  const backward = program.list(() => {
    for (const { depth, seqLen, nll } of training.heads)
      loss.push(program.emit("mean", { length: batch * seqLen }, [nll], { homes: ["metrics"], label: `loss_${depth}` })[0]);
    gradients = differentiate(program, training.nodes, seeds, given);
  });
  return {
    program,
    given,
    microstep: [...training.nodes, ...backward],
    evaluate: evaluation.nodes,
    gradients,
    training: { ...training.collected, loss },
    evaluation: { ...evaluation.collected, heads: evaluation.heads },
  };
}

/** Embedding, blocks, final norm, head; then the MTP modules over the shared embedding and head. */
function predict(build: Build, given: TransformerProgram["given"], keepLogits: boolean): Head[] {
  const { program, batch, mode } = build;
  const { model, train } = build.config;
  const { vocabSize: vocab, hiddenSize: width } = model;
  const rows = batch * train.seqLen;

  const { table, ...trunk } = program.scope("model", () => {
    const table = program.parameter("embed_tokens.weight", [vocab, width]);
    const [embedded] = program.emit("embedding", { rows, vocab, width }, [given.tokens, table]);
    let [x, beforeLast] = [embedded, embedded];
    for (let layer = 0; layer < model.numHiddenLayers; layer++) {
      beforeLast = x;
      x = program.scope(`layers.${layer}`, () =>
        block(build, x, { rows, seqLen: train.seqLen }, { dense: layer < model.firstKDenseReplace, main: true }),
      );
    }
    const h0 = rmsNorm(build, "norm", x, rows, width, model.rmsNormEps);
    return { table, embedded, beforeLast, h0, gain: normGain(build, "norm", width) };
  });
  const head = model.tieWordEmbeddings ? table : program.parameter("lm_head.weight", [vocab, width]);

  const crossEntropy = (h: Tensor, weight: Tensor, depth: number, seqLen: number, main: Head | null): Head =>
    program.scope(`head_${depth}`, () => {
      const size = batch * seqLen;
      const home = mode === "evaluate" ? "metrics" : undefined;
      const logits = project(program, "logits", h, weight, { rows: size, in: width, out: vocab }, keepLogits ? home : undefined);
      const [nll, lse, argmax] = program.emit(
        "crossEntropy",
        { rows: size, vocab, seqLen, targetLen: train.seqLen, targetOffset: depth },
        [logits, given.targets],
        { homes: [home, undefined, home] },
      );
      const overlap =
        main && mode === "evaluate"
          ? program.emit(
              "overlap",
              { rows: size, vocab, seqLen, mainLen: train.seqLen, mainOffset: depth },
              [logits, lse, main.logits, main.lse],
              { homes: [home] },
            )[0]
          : null;
      return { depth, seqLen, logits, nll, lse, argmax, overlap };
    });

  const main = crossEntropy(trunk.h0, head, 0, train.seqLen, null);
  const modules = multiTokenPrediction(build, { ...trunk, head });
  return [main, ...modules.depths.map(({ h, depth, seqLen }) => crossEntropy(h, modules.head, depth, seqLen, main))];
}
