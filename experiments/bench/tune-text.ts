import { classKey, type Choice, shapeClassOf } from "../../engine/backends/webgpu/matmul/table.ts";
import type { TunedProduct } from "../../engine/bench/tune.ts";

/** One product as a line: how it was computed, how it is from now on, and what that gives. */
export function productLine({ shape, op, before, chosen, candidates }: TunedProduct): string {
  const rate = `${(op.flops / chosen.time / 1e6).toFixed(1)} GFLOP/s`.padStart(15);
  const name = classKey(shape).padEnd(36);
  const was = `${choiceText(before).padEnd(24)} ${milliseconds(before.time)}`;
  if (chosen === before) return `${name} ${was}  ${rate}  the best of ${candidates.length}`;
  return `${name} ${was}  → ${choiceText(chosen).padEnd(24)} ${milliseconds(chosen.time)}  ${rate}  ${(100 * (chosen.time / before.time - 1)).toFixed(0)} %, the best of ${candidates.length}`;
}

/** What one microstep's products take, before and after. */
export function totalLine(products: readonly TunedProduct[]): string {
  const total = (time: (product: TunedProduct) => number) => products.reduce((sum, product) => sum + product.calls * time(product), 0);
  const [before, after] = [total(({ before }) => before.time), total(({ chosen }) => chosen.time)];
  const changed = products.filter(({ before, chosen }) => before !== chosen).length;
  return `${changed} of ${products.length} products changed: ${before.toFixed(2)} ms → ${after.toFixed(2)} ms for all of a microstep's`;
}

/** For --json: plain data, one object per product. */
export const productData = ({ shape, calls, op, before, chosen, candidates }: TunedProduct) => ({
  shape,
  class: shapeClassOf(shape),
  calls,
  flops: op.flops,
  before,
  chosen,
  candidates,
});

const choiceText = ({ variant, splits }: Choice): string => `${variant}${splits > 1 ? ` K÷${splits}` : ""}`;
const milliseconds = (time: number): string => `${time.toFixed(3)} ms`.padStart(12);
