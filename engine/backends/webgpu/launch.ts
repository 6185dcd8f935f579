import type { DType, OpAttrs, OpKind } from "../../program/ops.ts";
import type { PoolName, Slice } from "../../plan/plan-types.ts";
import type { Choice, ProductShape } from "./matmul/table.ts";

/** Memory a kernel may bind: a plan's pools, scratch of one op (replicated like a pool), constant tables and shapes (one copy for all replicas). */
export type Memory = PoolName | "scratch" | "tables" | "shapes";

/** A stretch of memory in elements of 4 bytes; what of a `Slice` a kernel needs. */
export interface Operand {
  memory: Memory;
  /** of replica 0 in a plan for one replica */
  offset: number;
  length: number;
  dtype: DType;
}

const operandOf = (slice: Slice): Operand => ({
  memory: slice.pool,
  offset: slice.offset,
  length: slice.length,
  dtype: slice.dtype,
});

export interface Binding {
  operand: Operand;
  /** the kernel writes it through `put_<name>`, which adds to what is there if `add` */
  write: boolean;
  add: boolean;
}

export const input = (slice: Slice | Operand): Binding => ({ operand: asOperand(slice), write: false, add: false });
export const output = (slice: Slice | Operand, add = false): Binding => ({ operand: asOperand(slice), write: true, add });
const asOperand = (slice: Slice | Operand): Operand => ("pool" in slice ? operandOf(slice) : slice);

/** One dispatch of one kernel, still without a device: what lowering an op yields. */
export interface Launch {
  /** a file of `kernels/`, or any name if `body` is given */
  kernel: string;
  /** generated WGSL; otherwise the file's */
  body?: string;
  /** become `const name = …` of type u32, f32 and bool; a true flag also keeps its `//if name` lines */
  counts?: Record<string, number>;
  floats?: Record<string, number>;
  flags?: Record<string, boolean>;
  /**
   * u32 fields of the uniform struct `shape`. A launch that has it gets its strides there too (`shape.a_stride`), and whether it adds
   * (`shape.c_add`), so that one pipeline serves every shape: for kernels that take long to compile.
   */
  shape?: Record<string, number>;
  /** one invocation per row: take the parts' `-serial` stand-ins */
  serial?: boolean;
  /** in binding order: each becomes `name`, `name_stride` (elements from one replica to the next) and, when written, `put_name` */
  bindings: Record<string, Binding>;
  /** workgroups in x and y; z counts replicas */
  grid: readonly [x: number, y: number];
}

/** An op ready for lowering: whether each output adds is settled. */
export interface LowerableOp<Kind extends OpKind = OpKind> {
  kind: Kind;
  attrs: OpAttrs[Kind];
  name: string;
  inputs: Slice[];
  outputs: Slice[];
  add: boolean[];
}

/** A part of a slice that is dense in memory: elements index … index+length of replica r lie at place + r·stride of the pool. */
export interface Piece {
  place: number;
  stride: number;
  index: number;
  length: number;
}

/** "software" adapters run shaders on the CPU: their fast kernels differ. */
export type AdapterClass = "hardware" | "software";

export interface LowerContext {
  adapterClass: AdapterClass;
  /** how a matrix product is computed here */
  chooseMatmul(shape: ProductShape): Choice;
  /** memory that lives until the op's last dispatch */
  scratch(length: number, dtype?: DType): Operand;
  /** constant data, uploaded once; equal keys share it */
  table(key: string, make: () => Float32Array | Int32Array): Operand;
  /** where the parts of a slice that covers many tensors lie */
  pieces(slice: Slice): Piece[];
  /** largest range that one binding may cover, in elements */
  bindingLimit: number;
  /** whether two places of a pool lie in one buffer */
  sameBuffer(pool: PoolName, a: number, b: number): boolean;
  replicas: number;
}

export type Lower<Kind extends OpKind> = (op: LowerableOp<Kind>, context: LowerContext) => Launch[];

/** WebGPU's default limit on workgroups per dimension. */
export const maxGroups = 65_535;

/** A grid of at least `count` workgroups that stays within `maxGroups` per dimension. */
export function gridOf(count: number): [x: number, y: number] {
  const y = Math.max(1, Math.ceil(count / maxGroups));
  return [Math.max(1, Math.ceil(count / y)), y];
}
