import type { OpAttrs, OpKind } from "../../../engine/program/ops.ts";
import type { PoolName } from "../../../engine/plan/plan-types.ts";
import { type Operand, elements } from "../../../engine/program/op-record.ts";
import { accumulates, opRecords } from "../../../engine/program/op-records.ts";
import { referenceOps } from "../../../engine/backends/reference/ops.ts";
import { type Random, createRandom } from "../random.ts";

/** One row of the table, bound to its op: what to run, on which inputs, and how close f32 must come to float64. */
export interface OpCase {
  kind: OpKind;
  attrs: OpAttrs[OpKind];
  /** kind, attributes, note and form: what a failure prints */
  label: string;
  note: string;
  inputs: (Operand & { pool: PoolName })[];
  outputs: (Operand & { pool: PoolName })[];
  /** per output, for an op that updates in place: the input it is; otherwise empty */
  inPlace: readonly number[];
  /** per output: the add form. Always true in place. */
  accumulate: boolean[];
  /** Input data of one seed, not yet rounded to f32. */
  sample: (seed: number) => ArrayLike<number>[];
  /** per output: roundings on the longest path to an element (see `tolerance` in harness.ts) */
  roundings: number[];
  /** per output: size of an element before cancellation, where all elements may cancel; otherwise 0 */
  magnitude: number[];
  /** outputs may rightly be NaN or infinite */
  nonFinite: boolean;
}

export interface Row<Kind extends OpKind> {
  attrs: OpAttrs[Kind];
  note?: string;
  sample?: Sample<Kind>;
  nonFinite?: boolean;
}

type Sample<Kind extends OpKind> = (attrs: OpAttrs[Kind], random: Random) => ArrayLike<number>[];

export interface OpTable<Kind extends OpKind> {
  kind: Kind;
  /** for an op with optional inputs: how many these rows have */
  inputCount?: number;
  /** Draws the inputs; left out: independent normals. A row may bring its own. */
  sample?: Sample<Kind>;
  roundings: (attrs: OpAttrs[Kind]) => number | number[];
  magnitude?: (attrs: OpAttrs[Kind]) => number | number[];
  /** where a plan keeps the operands; left out: activations */
  pools?: (attrs: OpAttrs[Kind]) => { inputs?: PoolName[]; outputs?: PoolName[] };
  rows: (OpAttrs[Kind] | Row<Kind>)[];
}

/** A table whose op is forgotten, to stand in one list with the others. */
export type AnyTable = OpTable<any>;

export function table<Kind extends OpKind>(given: OpTable<Kind>): AnyTable {
  return given;
}

/** Length of the `numbers` table in cases: its fixed slots and a few alphas. */
const numbersLength = 16;
/** Every row of one op, in its write form and, if it has one, its add form. */
export function casesOf<Kind extends OpKind>(table: OpTable<Kind>): OpCase[] {
  return table.rows.flatMap((row) => {
    const { attrs, note = "", sample = table.sample, nonFinite = false }: Row<Kind> = isRow(row) ? row : { attrs: row };
    const draw = (seed: number) => (sample ? sample(attrs, createRandom(seed)) : normals(table.kind, attrs, seed));
    const signature = opRecords[table.kind].signature(attrs);
    const pools = table.pools?.(attrs) ?? {};
    const place = (operands: Operand[], given: PoolName[] = []) =>
      operands.map(({ shape, dtype }, i) => {
        const numbers = shape[0] < 0;
        const pool: PoolName = numbers ? "numbers" : (given[i] ?? "activations");
        return { shape: numbers ? [numbersLength] : shape, dtype, pool };
      });
    const outputs = place(signature.outputs, pools.outputs);
    const perOutput = (value: number | number[]) => outputs.map((_, i) => (typeof value === "number" ? value : value[i]));
    const inPlace = opRecords[table.kind].inPlace ?? [];
    const forms = inPlace.length > 0 ? [true] : accumulates(table.kind) ? [false, true] : [false];
    return forms.map(
      (adds): OpCase => ({
        kind: table.kind,
        attrs,
        label: [table.kind, JSON.stringify(attrs), note && `(${note})`, adds && inPlace.length === 0 && "adding"].filter(Boolean).join(" "),
        note,
        inputs: place(signature.inputs, pools.inputs).slice(0, table.inputCount),
        outputs,
        inPlace,
        accumulate: outputs.map((_, i) => adds && (inPlace.length > 0 || i === 0)),
        sample: draw,
        roundings: perOutput(table.roundings(attrs)).map((n) => n + (adds ? 1 : 0)),
        magnitude: perOutput(table.magnitude?.(attrs) ?? 0),
        nonFinite,
      }),
    );
  });
}

function isRow<Kind extends OpKind>(row: OpAttrs[Kind] | Row<Kind>): row is Row<Kind> {
  return "attrs" in row;
}

function normals<Kind extends OpKind>(kind: Kind, attrs: OpAttrs[Kind], seed: number): number[][] {
  const random = createRandom(seed);
  return opRecords[kind].signature(attrs).inputs.map(({ shape, dtype }) => {
    if (dtype === "i32" || shape[0] < 0) throw new Error(`${kind} has inputs that are no normals: its table or row needs a sample`);
    return random.normal(elements(shape));
  });
}

/** Outputs of one op in float64, for inputs that are themselves results (rstd, lse, idx, starts). */
export function runReference<Kind extends OpKind>(kind: Kind, attrs: OpAttrs[Kind], inputs: ArrayLike<number>[]): Float64Array[] {
  const outputs = opRecords[kind].signature(attrs).outputs.map(({ shape }) => new Float64Array(elements(shape)));
  referenceOps[kind](
    attrs,
    inputs.map((data) => Float64Array.from(data)),
    outputs,
    [],
  );
  return outputs;
}

/** Roundings of a sum of `length` terms in blocks of at most 256, which is the least we ask of any backend. */
export const sumRoundings = (length: number): number => Math.min(length, 256) + Math.ceil(length / 256);
