import { type Binding, gridOf, type Launch, type LowerContext } from "../launch.ts";

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

/** One workgroup of 64 lanes for each of `total` rows, for kernels that use the part `row`. */
export const groupwise = (kernel: string, total: number, bindings: Record<string, Binding>, constants: Constants = {}): Launch => ({
  kernel,
  bindings,
  ...constants,
  counts: { total, ...constants.counts },
  grid: gridOf(total),
});

/** Like `groupwise`, but on software adapters one invocation per row: the parts `row`, `reduce` and `highest` have serial stand-ins. */
export const rowwise = (
  { adapterClass }: LowerContext,
  kernel: string,
  total: number,
  bindings: Record<string, Binding>,
  constants: Constants = {},
): Launch =>
  adapterClass === "software"
    ? { ...elementwise(kernel, total, bindings, constants), serial: true }
    : groupwise(kernel, total, bindings, constants);
