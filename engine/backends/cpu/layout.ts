import { type Plan, type PlannedOp, type PoolName, poolNames } from "../../plan/plan-types.ts";
import type { Kernels } from "./kernels.ts";
import { type RopeTable, ropeTables } from "./rope-tables.ts";

const alignment = 256;
const page = 65536;
/** Bytes that loads may touch behind a tensor's end. */
const slack = 64;

/** Where everything lies in linear memory, in bytes. */
export interface Layout {
  pools: Record<PoolName, number>;
  ropeTables: Map<string, RopeTable & { cos: number; sin: number }>;
  /** working memory of one op at a time */
  scratch: number;
  pages: number;
}

/** Lays a plan's pools, the rope tables and the scratch after the kernels' own data. `sizes` needs no memory of the plan's. */
export function layOut(plan: Plan, sizes: Kernels): Layout {
  let end = 0;
  const take = (bytes: number): number => {
    const start = end;
    end = Math.ceil((end + bytes + slack) / alignment) * alignment;
    return start;
  };
  take(sizes.firstFreeByte());
  const pools = Object.fromEntries(poolNames.map((name) => [name, take(4 * plan.pools[name])])) as Record<PoolName, number>;
  const ops = Object.values(plan.lists).flat();
  const tables = new Map(
    [...ropeTables(ops)].map(([key, table]) => [
      key,
      { ...table, cos: take(table.values.cos.byteLength), sin: take(table.values.sin.byteLength) },
    ]),
  );
  const scratch = take(Math.max(0, ...ops.map((op) => scratchBytes(op, sizes))));
  const pages = Math.ceil(end / page);
  if (pages > 65536) throw new RangeError(`the plan needs ${(end / 2 ** 30).toFixed(1)} GiB and WebAssembly memory ends at 4`);
  return { pools, ropeTables: tables, scratch, pages };
}

/** Bytes of linear memory an executable of this plan holds, all taken at once. */
export const memoryBytes = (layout: Layout): number => layout.pages * page;

function scratchBytes({ kind, attrs }: PlannedOp, sizes: Kernels): number {
  switch (kind) {
    case "matmul":
    case "groupedMatmul":
      return sizes.productScratch();
    case "attention":
      return sizes.attentionScratch(attrs.seqLen, attrs.qkDim, attrs.vDim);
    case "attentionGrad":
      return sizes.attentionGradScratch(attrs.seqLen, attrs.qkDim, attrs.vDim);
    case "topk":
      return sizes.topkScratch(attrs.experts, attrs.nGroup);
    case "dispatch":
    case "balanceLoss":
      return 4 * attrs.experts;
    default:
      return 0;
  }
}
