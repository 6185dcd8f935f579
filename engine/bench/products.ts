import type { Executable } from "../backends/backend.ts";
import { aligned } from "../plan/memory.ts";
import type { Plan, PlannedOp, Slice } from "../plan/plan-types.ts";
import { stream } from "../random.ts";

export type Product = Extract<PlannedOp, { kind: "matmul" | "groupedMatmul" }>;

export const isProduct = (op: PlannedOp): op is Product => op.kind === "matmul" || op.kind === "groupedMatmul";

/** A plan whose `evaluate` list is the matrix products of one training step and nothing else. */
export interface ProductBench {
  plan: Plan;
  /** of one replay of the products */
  flops: number;
  /** Fills the products' own operands; once, after compiling. */
  prepare(executable: Executable, replica?: number): void;
}

/**
 * The backend's own matrix-product rate is measured on the very products of a training step, in the same executable as the step.
 * Operands that live among the activations get memory of their own: what the step leaves behind there is no matrix any more
 * (index lists, for one, read as denormal numbers, which are slow). Weights and gradients are used where they lie.
 */
export function withProducts(plan: Plan): ProductBench {
  const products = plan.lists.microstep.filter(isProduct);
  const longest = (slices: Slice[]) => aligned(Math.max(0, ...slices.map(({ length }) => length)));
  const temporary = (slice: Slice) => slice.pool === "activations";
  // left operand | right operand | output, behind the activations of the step
  const left = plan.pools.activations;
  const right = left + longest(products.map(({ inputs }) => inputs[0]).filter(temporary));
  const output = right + longest(products.map(({ inputs }) => inputs[1]).filter(temporary));
  const end = output + longest(products.flatMap(({ outputs }) => outputs).filter(temporary));

  const starts = new Map<string, { slice: Slice; values: Int32Array }>();
  let inputs = plan.pools.inputs;
  const startsOf = (op: Product): Slice[] => {
    if (op.kind !== "groupedMatmul") return [];
    const { rows, experts } = op.attrs;
    let found = starts.get(`${rows} ${experts}`);
    if (!found) {
      const slice: Slice = {
        pool: "inputs",
        offset: inputs,
        length: experts + 1,
        dtype: "i32",
        shape: [experts + 1],
        name: `starts of ${rows} rows`,
      };
      inputs += aligned(slice.length);
      starts.set(`${rows} ${experts}`, (found = { slice, values: randomStarts(rows, experts) }));
    }
    return [found.slice];
  };

  const list = products.map((op): PlannedOp => {
    const place = (slice: Slice, offset: number): Slice => (temporary(slice) ? { ...slice, offset } : slice);
    return {
      ...op,
      inputs: [place(op.inputs[0], left), place(op.inputs[1], right), ...startsOf(op)],
      outputs: [place(op.outputs[0], output)],
    } as PlannedOp;
  });
  const operands = [
    [left, right],
    [right, output],
  ].map(
    ([from, to]): Slice => ({
      pool: "activations",
      offset: from,
      length: to - from,
      dtype: "f32",
      shape: [to - from],
      name: "operands of the products",
    }),
  );
  return {
    plan: { ...plan, pools: { ...plan.pools, activations: end, inputs }, lists: { ...plan.lists, evaluate: list } },
    flops: products.reduce((sum, { flops }) => sum + flops, 0),
    prepare: (executable, replica = 0) => {
      const random = stream(1, "operands");
      for (const slice of operands)
        executable.write(
          slice,
          Float32Array.from({ length: slice.length }, () => 2 * random.uniform() - 1),
          replica,
        );
      for (const { slice, values } of starts.values()) executable.write(slice, values, replica);
    },
  };
}

/** Where each expert's rows begin when every row goes to an expert drawn at random: about what a balanced router does. */
export function randomStarts(rows: number, experts: number): Int32Array {
  const random = stream(1, "experts");
  const starts = new Int32Array(experts + 1);
  for (let row = 0; row < rows; row++) starts[random.below(experts) + 1]++;
  for (let expert = 0; expert < experts; expert++) starts[expert + 1] += starts[expert];
  return starts;
}

/**
 * Floating-point operations that training needs for one microstep, however it is computed: matrix products, and attention's causal half with a
 * backward pass twice the forward (what a kernel computes again to save memory does not count).
 */
export function modelFlops(plan: Plan): number {
  return plan.lists.microstep.reduce((sum, op) => sum + (isProduct(op) ? op.flops : op.kind === "attention" ? 3 * op.flops : 0), 0);
}
