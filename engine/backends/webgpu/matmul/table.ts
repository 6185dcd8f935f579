/** Which variant computes which product: data, so that it can be measured, kept, compared and named in a run's provenance. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import * as v from "valibot";
import type { OpAttrs } from "../../../program/ops.ts";
import builtInJson from "./table.json" with { type: "json" };
import { type VariantName, variantNames } from "./variants.ts";

const powerOfTwo = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1),
  v.check((n) => Number.isInteger(Math.log2(n)), "a power of two"),
);
const variant = v.picklist(variantNames);
/** parts that K is cut into, at most; they are written apart and added in order */
const splits = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64));
/** an adapter's family (`Device.family`), the first word of one, or "hardware": all that are not software */
const adapter = v.pipe(v.string(), v.minLength(1));

export const productOps = [
  "matmul NN",
  "matmul NT",
  "matmul TN",
  "matmul TT",
  "groupedMatmul NN",
  "groupedMatmul NT",
  "groupedMatmul TN",
] as const;
type ProductOp = (typeof productOps)[number];

/** Products whose sizes round up to these powers of two. */
const shapeClass = { op: v.picklist(productOps), m: powerOfTwo, n: powerOfTwo, k: powerOfTwo, experts: powerOfTwo };

const measuredEntry = v.object({ adapter, ...shapeClass, variant, splits });
const ruleEntry = v.object({
  adapter,
  /** elements of all Cs together from which on the rule holds */
  outputsFrom: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  variant,
  splits,
});

const table = v.object({
  schema: v.literal("switchyard.kernel-table/1"),
  measured: v.array(measuredEntry),
  rules: v.optional(v.array(ruleEntry), []),
});

export type MeasuredEntry = v.InferOutput<typeof measuredEntry>;
export type KernelTable = v.InferOutput<typeof table>;

/** Throws with what is wrong, and where. */
export function parseKernelTable(value: unknown): KernelTable {
  const parsed = v.safeParse(table, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const at = v.getDotPath(issue);
  throw new Error(`${at ? `${at}: ` : ""}${issue.message}`);
}

export const builtInTable: KernelTable = parseKernelTable(builtInJson);

/**
 * One product of one replica: C is [m,n], summed over k. `groupedMatmul`: of all experts together m rows (NN, NT), or
 * m × n for each of them, summed over k rows in all (TN).
 */
export interface ProductShape {
  op: ProductOp;
  m: number;
  n: number;
  k: number;
  /** 1 where the product is one */
  experts: number;
}

/** The shape of an op of a plan. */
export function productShape(
  op: { [Kind in "matmul" | "groupedMatmul"]: { kind: Kind; attrs: OpAttrs[Kind] } }["matmul" | "groupedMatmul"],
): ProductShape {
  if (op.kind === "matmul") {
    const { m, n, k, transA, transB } = op.attrs;
    return { op: `matmul ${transA ? "T" : "N"}${transB ? "T" : "N"}`, m, n, k, experts: 1 };
  }
  const { rows, experts, n, k, mode } = op.attrs;
  return mode === "TN" ? { op: "groupedMatmul TN", m: n, n: k, k: rows, experts } : { op: `groupedMatmul ${mode}`, m: rows, n, k, experts };
}

export interface Choice {
  variant: VariantName;
  splits: number;
}

const roundUp = (size: number): number => 2 ** Math.ceil(Math.log2(size));

export function shapeClassOf({ op, m, n, k, experts }: ProductShape): ProductShape {
  return { op, m: roundUp(m), n: roundUp(n), k: roundUp(k), experts: roundUp(experts) };
}

/** A part of K that is shallower than this is not worth a workgroup. */
const leastDepth = 128;

/** The most parts that K of a product may be cut into. How deep an expert's K is, only the device knows. */
export const mostSplits = ({ op, k }: ProductShape): number => (op.startsWith("grouped") ? 1 : Math.max(1, Math.floor(k / leastDepth)));

/** What holds on one adapter; rules in order, the first that fits decides. */
export interface AdapterTable {
  measured: readonly MeasuredEntry[];
  rules: KernelTable["rules"];
}

const covers = (entry: string, family: string): boolean =>
  entry === family || family.startsWith(`${entry} `) || (entry === "hardware" && family !== "software");

/** The built-in table, with what was measured on this adapter in front of it. */
export function tableFor(family: string, override: KernelTable | null = null): AdapterTable {
  const entries = [...(override?.measured ?? []), ...builtInTable.measured].filter((entry) => covers(entry.adapter, family));
  const rules = [...(override?.rules ?? []), ...builtInTable.rules].filter((rule) => covers(rule.adapter, family));
  // each class once, and in an order of its own: equal choices make equal tables, whoever wrote them in which order
  const byClass = new Map(entries.reverse().map((entry) => [classKey(entry), entry]));
  return { measured: [...byClass.keys()].sort().map((key) => byClass.get(key)!), rules };
}

export const classKey = ({ op, m, n, k, experts }: ProductShape): string => `${op} ${m}×${n}×${k} ${experts}`;

/** What is measured for the product's class, else the first rule that holds: a pure function, and never of the number of replicas. */
export function chooseMatmul({ measured, rules }: AdapterTable, shape: ProductShape): Choice {
  const key = classKey(shapeClassOf(shape));
  const outputs = shape.m * shape.n * (shape.op === "groupedMatmul TN" ? shape.experts : 1);
  const found = measured.find((entry) => classKey(entry) === key) ?? rules.find(({ outputsFrom }) => outputs >= outputsFrom);
  if (!found) throw new Error(`the table of kernels has no choice for ${key}`);
  return { variant: found.variant, splits: Math.min(found.splits, mostSplits(shape)) };
}

/** SHA-256 of the choices: equal hashes choose alike for every product. */
export const tableHash = ({ measured, rules }: AdapterTable): string =>
  bytesToHex(
    sha256(
      utf8ToBytes(
        JSON.stringify({
          measured: measured.map((entry) => [classKey(entry), entry.variant, entry.splits]),
          rules: rules.map(({ outputsFrom, variant, splits }) => [outputsFrom, variant, splits]),
        }),
      ),
    ),
  );
