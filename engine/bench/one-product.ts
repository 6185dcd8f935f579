/** Single matrix products of a model, each in a plan of its own, to time them one by one. */
import type { Executable } from "../backends/backend.ts";
import { type ProductShape, productShape } from "../backends/webgpu/matmul/table.ts";
import { aligned } from "../plan/memory.ts";
import { type Plan, poolNames, type Slice } from "../plan/plan-types.ts";
import { stream } from "../random.ts";
import { isProduct, type Product, randomStarts } from "./products.ts";

export interface ModelProduct {
  shape: ProductShape;
  op: Product;
  /** how often one microstep has it */
  calls: number;
}

/** The products of a microstep, each once, the dearest first. */
export function productsOf(plan: Plan): ModelProduct[] {
  const found = new Map<string, ModelProduct>();
  for (const op of plan.lists.microstep.filter(isProduct)) {
    const shape = productShape(op);
    const key = JSON.stringify(shape);
    found.set(key, { shape, op, calls: (found.get(key)?.calls ?? 0) + 1 });
  }
  return [...found.values()].sort((a, b) => b.calls * b.op.flops - a.calls * a.op.flops);
}

export interface ProductPlan {
  /** its `evaluate` list is the product, `repeats` times */
  plan: Plan;
  /** Writes random operands and, for experts, as many rows to each as a balanced router sends. */
  fill(executable: Executable): void;
}

export function productPlan(model: Plan, op: Product, repeats: number): ProductPlan {
  const lengths = { activations: 0, inputs: 0 };
  const take = (slice: Slice, pool: keyof typeof lengths): Slice => {
    const offset = lengths[pool];
    lengths[pool] += aligned(slice.length);
    return { ...slice, pool, offset };
  };
  const [a, b, ...rest] = op.inputs;
  const operands = [take(a, "activations"), take(b, "activations")];
  const starts = rest.map((slice) => take(slice, "inputs"));
  const product = {
    ...op,
    inputs: [...operands, ...starts],
    outputs: [take(op.outputs[0], "activations")],
    accumulate: ["never"],
  } as Product;
  const pools = { ...Object.fromEntries(poolNames.map((pool) => [pool, 0])), ...lengths } as Plan["pools"];
  const random = stream(1, "operands");
  const values = operands.map(({ length }) => Float32Array.from({ length }, () => 2 * random.uniform() - 1));
  return {
    plan: {
      ...model,
      pools,
      parameters: [],
      biases: [],
      lists: { microstep: [], step: [], evaluate: Array<Product>(repeats).fill(product) },
    },
    fill: (executable) => {
      operands.forEach((slice, n) => executable.write(slice, values[n]));
      if (product.kind === "groupedMatmul") executable.write(starts[0], randomStarts(product.attrs.rows, product.attrs.experts));
    },
  };
}
