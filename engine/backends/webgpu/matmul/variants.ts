/**
 * How one matrix product is cut up. A workgroup computes blockM × blockN of C, an invocation threadM × threadN of that.
 * `tiled` stages blockK-deep slabs of A and B in workgroup memory; `registers` reads A and B straight from storage, which
 * adapters that run shaders on a CPU do 8 to 14 times faster, and no barrier keeps it from leaving early.
 */
export interface MatmulVariant {
  kind: "tiled" | "registers";
  blockM: number;
  blockN: number;
  /** depth of a slab; 1 without slabs */
  blockK: number;
  threadM: number;
  threadN: number;
}

const tiled = (blockM: number, blockN: number, thread: number, blockK: number): MatmulVariant => ({
  kind: "tiled",
  blockM,
  blockN,
  blockK,
  threadM: thread,
  threadN: thread,
});
const registers = (block: number, thread: number): MatmulVariant => ({
  kind: "registers",
  blockM: block,
  blockN: block,
  blockK: 1,
  threadM: thread,
  threadN: thread,
});

/** Block of C – part of an invocation – depth of a slab. The names are what tables of choices are written in. */
export const matmulVariants = {
  "32x32-4x4-k8": tiled(32, 32, 4, 8),
  "32x32-4x4-k16": tiled(32, 32, 4, 16),
  "64x64-4x4-k8": tiled(64, 64, 4, 8),
  "64x64-4x4-k16": tiled(64, 64, 4, 16),
  "64x64-8x8-k8": tiled(64, 64, 8, 8),
  "64x64-8x8-k16": tiled(64, 64, 8, 16),
  "128x64-8x8-k8": tiled(128, 64, 8, 8),
  "128x64-8x8-k16": tiled(128, 64, 8, 16),
  "registers-32x32-4x4": registers(32, 4),
  "registers-64x64-8x8": registers(64, 8),
} as const satisfies Record<string, MatmulVariant>;

export type VariantName = keyof typeof matmulVariants;

export const variantNames = Object.keys(matmulVariants) as VariantName[];

export const invocations = ({ blockM, blockN, threadM, threadN }: MatmulVariant): number => (blockM / threadM) * (blockN / threadN);

/** One more column of padding keeps the lanes that fill a slab along K off each other's banks. */
export const pitch = (block: number): number => block + 1;

/** Bytes of workgroup memory: both slabs, and where the workgroup works. */
const workgroupBytes = ({ kind, blockM, blockN, blockK }: MatmulVariant): number =>
  kind === "registers" ? 0 : 4 * blockK * (pitch(blockM) + pitch(blockN)) + 16;

/** What of an adapter's limits a product can run into. */
export type WorkgroupLimits = Pick<
  GPUSupportedLimits,
  "maxComputeInvocationsPerWorkgroup" | "maxComputeWorkgroupSizeX" | "maxComputeWorkgroupStorageSize"
>;

export const variantFits = (variant: MatmulVariant, limits: WorkgroupLimits): boolean =>
  invocations(variant) <= Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX) &&
  workgroupBytes(variant) <= limits.maxComputeWorkgroupStorageSize;
