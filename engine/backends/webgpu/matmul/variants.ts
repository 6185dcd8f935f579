import type { AdapterClass } from "../launch.ts";

/**
 * How one matrix product is cut up. A workgroup computes blockM × blockN of C, an invocation threadM × threadN of that.
 * `tiled` stages blockK-deep slabs of A and B in workgroup memory; `registers` reads A and B straight from storage, which
 * adapters that run shaders on a CPU do 8 to 14 times faster, and no barrier keeps it from leaving early.
 */
export interface MatmulVariant {
  kind: "tiled" | "registers";
  blockM: number;
  blockN: number;
  /** tiled only */
  blockK: number;
  threadM: number;
  threadN: number;
}

export const matmulVariants = {
  /** 64 invocations of 4×4: enough workgroups for small products */
  small: { kind: "tiled", blockM: 32, blockN: 32, blockK: 16, threadM: 4, threadN: 4 },
  /** 64 invocations of 8×8: half the workgroup-memory reads per product of `small` */
  large: { kind: "tiled", blockM: 64, blockN: 64, blockK: 16, threadM: 8, threadN: 8 },
  /** software adapters */
  registers: { kind: "registers", blockM: 64, blockN: 64, blockK: 1, threadM: 8, threadN: 8 },
} as const satisfies Record<string, MatmulVariant>;

/** Workgroups of the large variant from which on it fills a GPU. */
const enoughGroups = 256;

/** Workgroups to aim for when K is split, and the least depth that is worth a workgroup. */
const splitGroups = 128;
const splitDepth = 128;

/**
 * How many parts K is cut into: weight gradients have a small C and a deep K (the rows of a batch), which would leave most of a GPU idle.
 * The parts are written apart and added in order.
 */
export function chooseSplits({ m, n, k }: { m: number; n: number; k: number }, variant: MatmulVariant): number {
  if (variant.kind === "registers") return 1;
  const groups = Math.ceil(m / variant.blockM) * Math.ceil(n / variant.blockN);
  return Math.max(1, Math.min(Math.floor(k / splitDepth), Math.floor(splitGroups / groups)));
}

/** The variant for a product whose C is m × n: a pure function of shape and adapter class, never of the number of replicas. */
export function chooseMatmul(shape: { m: number; n: number }, adapterClass: AdapterClass): MatmulVariant {
  if (adapterClass === "software") return matmulVariants.registers;
  const { large, small } = matmulVariants;
  const groups = Math.ceil(shape.m / large.blockM) * Math.ceil(shape.n / large.blockN);
  return groups >= enoughGroups ? large : small;
}

export const invocations = ({ blockM, blockN, threadM, threadN }: MatmulVariant): number => (blockM / threadM) * (blockN / threadN);
