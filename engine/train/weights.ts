import type { Executable } from "../backends/backend.ts";
import type { NamedTensor } from "../formats/safetensors.ts";
import type { Plan, Slice } from "../program/plan-types.ts";
import { stream } from "../random.ts";

/**
 * First weights: norm gains 1, every matrix normal with `initializerRange` as its standard deviation. Each published
 * tensor has a stream of its own, keyed by seed and name, so that adding an expert or an MTP module shifts no other weight.
 */
export function initialiseWeights(executable: Executable, plan: Plan, seed: number, initializerRange: number): void {
  for (const { slice, init, parts } of plan.parameters) {
    const values = new Float64Array(slice.length).fill(1);
    if (init === "normal") {
      for (const { name, offset, shape } of parts) {
        const random = stream(seed, name);
        const end = offset + shape.reduce((product, n) => product * n, 1);
        for (let at = offset; at < end; at++) values[at] = initializerRange * random.normal();
      }
    }
    executable.write(slice, values);
  }
  for (const { slice, initial } of plan.biases) executable.write(slice, new Float32Array(slice.length).fill(initial));
}

/** Reads one pool's tensors (parameters, a moment, gradients) under their published names, each name after `prefix`. */
export async function readTensors(executable: Executable, plan: Plan, pool: "parameters" | "gradients" | "moment1" | "moment2", prefix = ""): Promise<Map<string, NamedTensor>> {
  const slices = plan.parameters.map(({ slice }): Slice => ({ ...slice, pool }));
  const values = await executable.read(slices);
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
export async function readBiases(executable: Executable, plan: Plan): Promise<Map<string, NamedTensor>> {
  const values = await executable.read(plan.biases.map(({ slice }) => slice));
  return new Map(plan.biases.map(({ name, slice }, n) => [name, { shape: slice.shape, data: values[n] as Float32Array }]));
}

/** Writes tensors by published name into a pool; every expected name must be there with its shape. */
export function writeTensors(executable: Executable, plan: Plan, tensors: Map<string, NamedTensor>, pool: "parameters" | "moment1" | "moment2", prefix = ""): void {
  for (const { slice, parts } of plan.parameters) {
    const values = new Float64Array(slice.length);
    for (const { name, offset, shape } of parts) values.set(expectTensor(tensors, prefix + name, shape).data, offset);
    executable.write({ ...slice, pool }, values);
  }
}

export function writeBiases(executable: Executable, plan: Plan, tensors: Map<string, NamedTensor>): void {
  for (const { name, slice } of plan.biases) executable.write(slice, expectTensor(tensors, name, slice.shape).data);
}

function expectTensor(tensors: Map<string, NamedTensor>, name: string, shape: readonly number[]): NamedTensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`tensor ${name} is missing`);
  if (tensor.shape.join() !== shape.join()) throw new Error(`tensor ${name} is [${tensor.shape}], not [${shape}]`);
  return tensor;
}
