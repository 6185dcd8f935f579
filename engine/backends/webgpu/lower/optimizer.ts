import { NumberSlot, type OpKind } from "../../../program/ops.ts";
import type { Slice } from "../../../plan/plan-types.ts";
import { input, type Launch, type Lower, type LowerContext, type Operand, output, type Piece } from "../launch.ts";
import { elementwise, groupwise } from "./common.ts";

/** Elements per workgroup of the kernels that walk whole pools. */
const chunkLength = 1024;

type Kinds = Extract<OpKind, "clipScale" | "adamw" | "biasUpdate">;

export const optimizer: { [Kind in Kinds]: Lower<Kind> } = {
  clipScale: ({ inputs: [gradients, numbers], outputs: [norm, scale] }, context) => {
    const walks = walk(gradients, context);
    const count = walks.reduce((sum, { chunks }) => sum + chunks, 0);
    const squares = context.scratch(count);
    let firstChunk = 0;
    const sums = walks.map(({ chunks, table, range }): Launch => {
      const launch = groupwise(
        "clip-squares",
        chunks,
        { gradients: input(range(gradients)), chunks: input(table), squares: output(squares) },
        { counts: { firstChunk } },
      );
      firstChunk += chunks;
      return launch;
    });
    const { gradScale: gradScaleSlot, clipNorm: clipNormSlot } = NumberSlot;
    return [
      ...sums,
      groupwise(
        "clip-scale",
        1,
        { squares: input(squares), numbers: input(numbers), norm: output(norm), scale: output(scale) },
        { counts: { count, gradScaleSlot, clipNormSlot } },
      ),
    ];
  },

  adamw: ({ attrs: { decayLength }, inputs: [param, grad, m, v, scale, numbers] }, context) =>
    walk(param, context).map(({ chunks, table, range }) =>
      groupwise(
        "adamw",
        chunks,
        {
          param: output(range(param)),
          grad: input(range(grad)),
          m: output(range(m)),
          v: output(range(v)),
          chunks: input(table),
          scale: input(scale),
          numbers: input(numbers),
        },
        {
          counts: {
            decayLength,
            lrSlot: NumberSlot.lr,
            beta1Slot: NumberSlot.beta1,
            beta2Slot: NumberSlot.beta2,
            epsSlot: NumberSlot.eps,
            weightDecaySlot: NumberSlot.weightDecay,
            correction1Slot: NumberSlot.correction1,
            correction2Slot: NumberSlot.correction2,
          },
        },
      ),
    ),

  biasUpdate: ({ attrs: { experts, groups, rule }, inputs: [bias, load, scale, numbers] }) => [
    elementwise(
      "bias-update",
      experts,
      { bias: output(bias), load: input(load), scale: input(scale), numbers: input(numbers) },
      { counts: { groups, gammaSlot: NumberSlot.gamma }, flags: { magnitude: rule === "magnitude" } },
    ),
  ],
};

interface Walk {
  chunks: number;
  /** i32[chunks,4]: place within the bound range, replica stride, index within the slice, length */
  table: Operand;
  /** the part of a slice (of this layout) that the walk's chunks cover */
  range(slice: Slice): Operand;
}

/**
 * Cuts a slice that may cover many parameters into chunks that each lie within one, and the chunks into runs that one binding
 * can cover. Slices of equal layout share the walk. Chunks do not depend on the number of replicas: neither do sums over them.
 */
function walk(slice: Slice, { pieces, bindingLimit, sameBuffer, replicas, table }: LowerContext): Walk[] {
  const runs: Piece[][] = [];
  for (const piece of pieces(slice)) {
    const run = runs.at(-1);
    const end = piece.place + piece.stride * replicas;
    if (run && end - run[0].place <= bindingLimit && sameBuffer(slice.pool, run[0].place, piece.place)) run.push(piece);
    else runs.push([piece]);
  }
  return runs.map((run): Walk => {
    const entries = run.flatMap(({ place, stride, index, length }) =>
      Array.from({ length: Math.ceil(length / chunkLength) }, (_, n) => {
        const first = n * chunkLength;
        return [place - run[0].place + first, stride, index + first, Math.min(chunkLength, length - first)];
      }),
    );
    const last = run[run.length - 1];
    return {
      chunks: entries.length,
      table: table(`chunks ${run[0].place} ${run[0].index} ${last.place + last.length}`, () => Int32Array.from(entries.flat())),
      range: ({ pool, offset, dtype }) => ({
        memory: pool,
        offset: offset + run[0].index,
        length: last.index + last.length - run[0].index,
        dtype,
      }),
    };
  });
}
