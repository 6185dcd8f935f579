import type { ListName, Plan, PlannedOp, PoolName, Slice } from "./plan-types.ts";
import { alignment } from "./memory.ts";
import { anyLength, elements } from "../program/op-record.ts";
import { accumulates, isInPlace, opRecords } from "../program/op-records.ts";

/** Pools whose contents are given before a list runs. */
const given = new Set<PoolName>(["parameters", "moment1", "moment2", "state", "inputs", "numbers"]);

/**
 * Checks a plan as a backend will trust it: operand counts, sizes and types against the op's signature; slices
 * aligned and inside their pools; outputs apart from inputs and from each other; every read sees what its producer
 * wrote, in full and not overwritten since. Returns the problems found; a sound plan has none.
 */
export function verifyPlan(plan: Plan): string[] {
  const problems: string[] = [];
  for (const list of ["microstep", "step", "evaluate"] as const) verifyList(plan, list, problems);
  return problems;
}

function verifyList(plan: Plan, list: ListName, problems: string[]): void {
  /** per pool, who wrote each aligned block last (slice name) */
  const owners = new Map<PoolName, string[]>();
  const blocksOf = (slice: Slice): [string[], number, number] => {
    const pool = owners.get(slice.pool) ?? [];
    owners.set(slice.pool, pool);
    return [pool, slice.offset / alignment, Math.ceil((slice.offset + slice.length) / alignment)];
  };
  const freshStart = list !== "step";

  plan.lists[list].forEach((op, at) => {
    const complain = (what: string) => problems.push(`${list}[${at}] ${op.kind} ${op.name}: ${what}`);
    verifyOperands(plan, op, complain);
    const mustBeWritten = (slice: Slice, role: string) => {
      if (given.has(slice.pool) || !freshStart) return;
      const [pool, from, to] = blocksOf(slice);
      for (let block = from; block < to; block++) {
        if (pool[block] !== slice.name) {
          complain(`${role} ${slice.name} reads ${pool[block] ? `what ${pool[block]} overwrote` : "memory that nothing wrote"}`);
          return;
        }
      }
    };
    for (const input of op.inputs) mustBeWritten(input, "input");
    op.outputs.forEach((output, n) => {
      if (op.accumulate[n] === "always" && !isInPlace(op.kind)) mustBeWritten(output, "accumulator");
      if (op.accumulate[n] !== "never" && !isInPlace(op.kind) && (n > 0 || !accumulates(op.kind)))
        complain(`output ${n} cannot accumulate`);
    });
    for (const output of op.outputs) {
      const [pool, from, to] = blocksOf(output);
      for (let block = from; block < to; block++) pool[block] = output.name;
    }
  });
}

function verifyOperands(plan: Plan, op: PlannedOp, complain: (what: string) => void): void {
  const signature = opRecords[op.kind].signature(op.attrs as never);
  const least = opRecords[op.kind].fewestInputs ?? signature.inputs.length;
  if (op.inputs.length < least || op.inputs.length > signature.inputs.length) complain(`${op.inputs.length} inputs`);
  if (op.outputs.length !== signature.outputs.length || op.accumulate.length !== op.outputs.length)
    complain(`${op.outputs.length} outputs`);
  const check = (slice: Slice, want: { shape: number[]; dtype: string } | undefined, role: string) => {
    if (!want) return;
    if (want.shape[0] !== anyLength && slice.length !== elements(want.shape))
      complain(`${role} ${slice.name} has ${slice.length} elements, not ${elements(want.shape)}`);
    if (slice.dtype !== want.dtype) complain(`${role} ${slice.name} is ${slice.dtype}, not ${want.dtype}`);
    if (slice.offset % alignment !== 0) complain(`${role} ${slice.name} is not aligned`);
    if (slice.offset < 0 || slice.offset + slice.length > plan.pools[slice.pool])
      complain(`${role} ${slice.name} leaves pool ${slice.pool}`);
  };
  op.inputs.forEach((slice, n) => check(slice, signature.inputs[n], `input ${n}`));
  op.outputs.forEach((slice, n) => check(slice, signature.outputs[n], `output ${n}`));
  const overlap = (a: Slice, b: Slice) => a.pool === b.pool && a.offset < b.offset + b.length && b.offset < a.offset + a.length;
  op.outputs.forEach((output, n) => {
    if (!isInPlace(op.kind))
      for (const input of op.inputs) if (overlap(output, input)) complain(`output ${n} overlaps input ${input.name}`);
    for (const other of op.outputs.slice(n + 1)) if (overlap(output, other)) complain(`outputs ${output.name} and ${other.name} overlap`);
  });
}
