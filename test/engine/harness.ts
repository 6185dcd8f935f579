import type { Backend, Executable } from "../../engine/backends/backend.ts";
import type { Accumulate, Plan, PlannedOp, PoolName, Slice } from "../../engine/plan/plan-types.ts";
import { poolNames } from "../../engine/plan/plan-types.ts";
import { type Operand, elements } from "../../engine/program/op-record.ts";
import type { OpCase } from "./cases/op-case.ts";
import { createRandom } from "./random.ts";

/** Slices begin at multiples of this many elements. */
const alignment = 64;
const sentinel = { f32: 1234.5, i32: 123456789 };
/** No op leaves these in an output: an element that still holds one was not written. */
const poisonOf = (opCase: OpCase, dtype: Slice["dtype"]) => (dtype === "i32" ? -2147483648 : opCase.nonFinite ? -4321.25 : NaN);
/** Integers behind an input's end: using one as an index must show. */
const strayIndex = 0x40000000;

/**
 * Runs a case's op alone on `backend` and returns its outputs. Outputs start as NaN (the add form as given data), with
 * sentinels before and behind: throws if an element was not written or a sentinel changed.
 */
export async function runCase(backend: Backend, opCase: OpCase, seed: number): Promise<Float64Array[]> {
  return (await runReplicas(backend, opCase, [seed]))[0];
}

/** The same with one replica per seed; returns each replica's outputs. */
export async function runReplicas(backend: Backend, opCase: OpCase, seeds: number[]): Promise<Float64Array[][]> {
  const planned = planOf(
    opCase,
    opCase.accumulate.map((adds) => (adds ? "always" : "never")),
  );
  const executable = await backend.compile(planned.plan, { replicas: seeds.length });
  try {
    seeds.forEach((seed, replica) => writeCase(executable, planned, opCase, seed, replica));
    executable.run("microstep", true);
    const results: Float64Array[][] = [];
    for (const [replica, seed] of seeds.entries()) results.push(await readCase(executable, planned, opCase, seed, replica));
    return results;
  } finally {
    executable.dispose();
  }
}

/** An accumulating op as the planner marks a parameter's gradient: overwritten on the first microstep, added to on the second. */
export async function runTwoMicrosteps(backend: Backend, opCase: OpCase, seed: number): Promise<Float64Array[]> {
  const planned = planOf(
    opCase,
    opCase.accumulate.map((adds) => (adds ? "later" : "never")),
  );
  const executable = await backend.compile(planned.plan);
  try {
    writeCase(executable, planned, opCase, seed, 0);
    executable.run("microstep", true);
    executable.run("microstep", false);
    return await readCase(executable, planned, opCase, seed, 0);
  } finally {
    executable.dispose();
  }
}

/** Input data as every backend gets it: rounded to f32. */
export function inputsOf(opCase: OpCase, seed: number): Float64Array[] {
  return opCase.sample(seed).map((data) => Float64Array.from(data, Math.fround));
}

/** What the outputs of an add form hold before the run. */
export function initialOutputsOf(opCase: OpCase, seed: number): Float64Array[] {
  const random = createRandom(seed + 0x5eed);
  return opCase.outputs.map(({ shape }) => Float64Array.from(random.normal(elements(shape)), Math.fround));
}

/** A tensor with the room up to the next slice, and the slices before and behind it. */
interface Placed {
  tensor: Slice;
  padded: Slice;
  guards: Slice[];
}

interface PlannedCase {
  plan: Plan;
  inputs: Placed[];
  outputs: Placed[];
}

function planOf(opCase: OpCase, accumulate: Accumulate[]): PlannedCase {
  const pools = Object.fromEntries(poolNames.map((name) => [name, 0])) as Record<PoolName, number>;
  const take = (pool: PoolName, shape: readonly number[], dtype: Slice["dtype"], name: string): Slice => {
    const length = elements(shape);
    const slice: Slice = { pool, offset: pools[pool], length, dtype, shape, name };
    pools[pool] += Math.ceil(length / alignment) * alignment;
    return slice;
  };
  const place = ({ pool, shape, dtype }: Operand & { pool: PoolName }, name: string): Placed => {
    const before = take(pool, [alignment], dtype, `${name} (before)`);
    const tensor = take(pool, shape, dtype, name);
    const behind = take(pool, [alignment], dtype, `${name} (behind)`);
    const length = behind.offset - tensor.offset;
    return { tensor, padded: { ...tensor, length, shape: [length] }, guards: [before, behind] };
  };
  const inputs = opCase.inputs.map((operand, i) => place(operand, `input ${i}`));
  const outputs = opCase.outputs.map((operand, i) =>
    opCase.inPlace.length > 0 ? inputs[opCase.inPlace[i]] : place(operand, `output ${i}`),
  );
  const op = {
    kind: opCase.kind,
    attrs: opCase.attrs,
    name: opCase.label,
    inputs: inputs.map(({ tensor }) => tensor),
    outputs: outputs.map(({ tensor }) => tensor),
    accumulate,
    flops: 0,
    bytes: 0,
  } as PlannedOp;
  // a plan has these whether the op uses them or not
  const host = (name: string) => take("inputs", [1], "i32", name);
  const metric = (name: string) => take("metrics", [1], "f32", name);
  const numbers = op.inputs.find(({ pool }) => pool === "numbers") ?? take("numbers", [16], "f32", "numbers");
  const plan: Plan = {
    lists: { microstep: [op], step: [], evaluate: [] },
    parameters: [],
    biases: [],
    inputs: { tokens: host("tokens"), targets: host("targets"), order: host("order"), starts: host("starts"), numbers },
    metrics: { trainLoss: metric("loss"), mtpLoss: [], routerLoss: [], gradNorm: metric("norm"), clipScale: metric("clip"), load: [] },
    evaluation: { depths: [], experts: [] },
    batch: 1,
    seqLen: 1,
    pools,
  };
  return { plan, inputs, outputs };
}

function writeCase(executable: Executable, { inputs, outputs }: PlannedCase, opCase: OpCase, seed: number, replica: number): void {
  inputsOf(opCase, seed).forEach((data, i) => {
    const { padded, tensor } = inputs[i];
    if (data.length !== tensor.length) throw new Error(`${opCase.label}: input ${i} has ${data.length} elements, not ${tensor.length}`);
    executable.write(padded, padTo(padded.length, data, tensor.dtype === "f32" ? NaN : strayIndex), replica);
  });
  const initial = opCase.inPlace.length > 0 ? opCase.inPlace.map((input) => inputsOf(opCase, seed)[input]) : initialOutputsOf(opCase, seed);
  outputs.forEach(({ tensor, padded, guards }, i) => {
    const { dtype, length } = tensor;
    for (const guard of guards) executable.write(guard, padTo(guard.length, [], sentinel[dtype]), replica);
    const holds = opCase.accumulate[i] ? initial[i] : new Float64Array(length).fill(poisonOf(opCase, dtype));
    executable.write(padded, padTo(padded.length, holds, sentinel[dtype]), replica);
  });
}

async function readCase(
  executable: Executable,
  { outputs }: PlannedCase,
  opCase: OpCase,
  seed: number,
  replica: number,
): Promise<Float64Array[]> {
  const wanted = outputs.flatMap(({ padded, guards }) => [padded, ...guards]);
  const read = await executable.read(wanted, replica);
  const label = `${opCase.label} seed ${seed}`;
  return outputs.map(({ tensor: { dtype, length, name } }, i) => {
    const [block, before, behind] = read.slice(3 * i, 3 * i + 3);
    const outside = [...before, ...block.subarray(length), ...behind];
    const touched = outside.findIndex((value) => value !== sentinel[dtype]);
    if (touched >= 0) {
      const offset = touched < before.length ? touched - before.length : touched - before.length + length;
      throw new Error(`${label}: wrote ${outside[touched]} outside ${name}, at element ${offset} of ${length}`);
    }
    const output = Float64Array.from(block.subarray(0, length));
    const unwritten = output.findIndex((value) => Object.is(value, poisonOf(opCase, dtype)));
    if (unwritten >= 0)
      throw new Error(`${label}: ${name} holds ${output[unwritten]} at element ${unwritten} of ${length}: not written, or not a number`);
    return output;
  });
}

function padTo(length: number, data: ArrayLike<number>, fill: number): Float64Array {
  const padded = new Float64Array(length).fill(fill);
  padded.set(data);
  return padded;
}
