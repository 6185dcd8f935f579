import type { OpAttrs, OpKind } from "../../../program/ops.ts";
import type { Kernels } from "../kernels.ts";

/** Runs one op; `first` is the step's first microstep. */
export type Run = (first: boolean) => void;

/** What an op is turned into a closure with, once. Addresses are in bytes. */
export interface OpContext<Kind extends OpKind> {
  attrs: OpAttrs[Kind];
  inputs: number[];
  outputs: number[];
  /** whether the first output is added to (1) or overwritten (0) in this microstep; only of ops in `accumulating` */
  add: (first: boolean) => number;
  scratch: number;
  kernels: Kernels;
  /** reads slot `slot` of the run's numbers at `address` at the time of the call */
  number(address: number, slot: number): number;
  rope(attrs: OpAttrs["rope"]): { cos: number; sin: number };
}

export type Lowerings<Kind extends OpKind> = { [K in Kind]: (context: OpContext<K>) => Run };
