import { type Binding, gridOf, type Launch } from "../launch.ts";

type Numbers = Record<string, number>;
interface Constants {
  counts?: Numbers;
  floats?: Numbers;
  flags?: Record<string, boolean>;
}

/** One invocation for each of `total` elements, for kernels that use the part `elementwise`. */
export const elementwise = (kernel: string, total: number, bindings: Record<string, Binding>, constants: Constants = {}): Launch => ({
  kernel,
  bindings,
  ...constants,
  counts: { total, ...constants.counts },
  grid: gridOf(Math.ceil(total / 64)),
});

/** One workgroup for each of `total` rows, for kernels that use the part `row`. */
export const rowwise = (kernel: string, total: number, bindings: Record<string, Binding>, constants: Constants = {}): Launch => ({
  kernel,
  bindings,
  ...constants,
  counts: { total, ...constants.counts },
  grid: gridOf(total),
});
