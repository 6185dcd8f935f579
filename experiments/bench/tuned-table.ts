import {
  type Choice,
  chooseMatmul,
  classKey,
  type KernelTable,
  type MeasuredEntry,
  shapeClassOf,
  tableFor,
} from "../../engine/backends/webgpu/matmul/table.ts";
import type { ModelProduct } from "../../engine/bench/one-product.ts";

/** What tuning settled for one product. */
export type Settled = Pick<ModelProduct, "shape"> & { chosen: Choice };

/**
 * The user's table after tuning `family`: what was measured takes the place of older entries of the same adapter and class, and leaves no entry
 * where Switchyard's own table chooses alike, so that tuning which finds nothing better changes no run's provenance. Of products that share
 * a class the first decides.
 */
export function tunedTable(old: KernelTable | null, family: string, products: readonly Settled[]): KernelTable {
  const brought = tableFor(family);
  const settled = new Map<string, { entry: MeasuredEntry; needed: boolean }>();
  for (const { shape, chosen } of products) {
    const entry: MeasuredEntry = { adapter: family, ...shapeClassOf(shape), variant: chosen.variant, splits: chosen.splits };
    const usual = chooseMatmul(brought, shape);
    const needed = usual.variant !== chosen.variant || usual.splits !== chosen.splits;
    if (!settled.has(classKey(entry))) settled.set(classKey(entry), { entry, needed });
  }
  const kept = (old?.measured ?? []).filter((entry) => entry.adapter !== family || !settled.has(classKey(entry)));
  const added = [...settled.values()].flatMap(({ entry, needed }) => (needed ? [entry] : []));
  return { schema: "switchyard.kernel-table/1", measured: [...kept, ...added], rules: old?.rules ?? [] };
}
