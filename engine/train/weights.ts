import type { NamedTensor } from "../formats/safetensors.ts";
import type { Plan, Slice } from "../plan/plan-types.ts";
import { stream } from "../random.ts";
import type { ReplicaMemory } from "./replica-set.ts";

/**
 * First weights: norm gains 1, every matrix normal with `initializerRange` as its standard deviation. Each published
 * tensor has a stream of its own, keyed by seed and name, so that adding an expert or an MTP module shifts no other weight.
 */
export function initialiseWeights(memory: ReplicaMemory, plan: Plan, seed: number, initializerRange: number): void {
  for (const { slice, init, parts } of plan.parameters) {
    const values = new Float64Array(slice.length).fill(1);
    if (init === "normal") {
      for (const { name, offset, shape } of parts) {
        const random = stream(seed, name);
        const end = offset + shape.reduce((product, n) => product * n, 1);
        for (let at = offset; at < end; at++) values[at] = initializerRange * random.normal();
      }
    }
    memory.write(slice, values);
  }
  initialiseBiases(memory, plan);
}

export function initialiseBiases(memory: ReplicaMemory, plan: Plan): void {
  for (const { slice, initial } of plan.biases) memory.write(slice, new Float32Array(slice.length).fill(initial));
}

/** Reads one pool's tensors (parameters, a moment, gradients) under their published names, each name after `prefix`. */
export async function readTensors(
  memory: ReplicaMemory,
  plan: Plan,
  pool: "parameters" | "gradients" | "moment1" | "moment2",
  prefix = "",
): Promise<Map<string, NamedTensor>> {
  const slices = plan.parameters.map(({ slice }): Slice => ({ ...slice, pool }));
  const values = await memory.read(slices);
  const tensors = new Map<string, NamedTensor>();
  plan.parameters.forEach(({ parts }, n) => {
    for (const { name, offset, shape } of parts) {
      const length = shape.reduce((product, size) => product * size, 1);
      tensors.set(prefix + name, { shape, data: values[n].slice(offset, offset + length) as Float32Array });
    }
  });
  return tensors;
}

/** Expert biases by published name. */
export async function readBiases(memory: ReplicaMemory, plan: Plan): Promise<Map<string, NamedTensor>> {
  const values = await memory.read(plan.biases.map(({ slice }) => slice));
  return new Map(plan.biases.map(({ name, slice }, n) => [name, { shape: slice.shape, data: values[n] as Float32Array }]));
}

/** Values for slices, not written yet. */
export type Placed = { slice: Slice; values: ArrayLike<number> }[];

/** Tensors by published name as the slices of a pool; every expected name must be there with its shape. */
export function placeTensors(
  plan: Plan,
  tensors: Map<string, NamedTensor>,
  pool: "parameters" | "moment1" | "moment2",
  prefix = "",
): Placed {
  return plan.parameters.map(({ slice, parts }) => {
    const values = new Float64Array(slice.length);
    for (const { name, offset, shape } of parts) values.set(expectTensor(tensors, prefix + name, shape).data, offset);
    return { slice: { ...slice, pool }, values };
  });
}

export function placeBiases(plan: Plan, tensors: Map<string, NamedTensor>): Placed {
  return plan.biases.map(({ name, slice }) => ({ slice, values: expectTensor(tensors, name, slice.shape).data }));
}

export function writePlaced(memory: ReplicaMemory, placed: Placed): void {
  for (const { slice, values } of placed) memory.write(slice, values);
}

export function writeTensors(
  memory: ReplicaMemory,
  plan: Plan,
  tensors: Map<string, NamedTensor>,
  pool: "parameters" | "moment1" | "moment2",
  prefix = "",
): void {
  writePlaced(memory, placeTensors(plan, tensors, pool, prefix));
}

export function writeBiases(memory: ReplicaMemory, plan: Plan, tensors: Map<string, NamedTensor>): void {
  writePlaced(memory, placeBiases(plan, tensors));
}

/** Puts everything that lasts from step to step of one replica into another: weights, moments, biases. */
export async function copyReplica(from: ReplicaMemory, to: ReplicaMemory, plan: Plan): Promise<void> {
  const pools = ["parameters", "moment1", "moment2"] as const;
  const slices = [
    ...pools.flatMap((pool) => plan.parameters.map(({ slice }): Slice => ({ ...slice, pool }))),
    ...plan.biases.map(({ slice }) => slice),
  ];
  const values = await from.read(slices);
  slices.forEach((slice, n) => to.write(slice, values[n]));
}

function expectTensor(tensors: Map<string, NamedTensor>, name: string, shape: readonly number[]): NamedTensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`tensor ${name} is missing`);
  if (tensor.shape.join() !== shape.join()) throw new Error(`tensor ${name} is [${tensor.shape}], not [${shape}]`);
  return tensor;
}
