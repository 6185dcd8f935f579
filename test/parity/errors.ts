import type { NamedTensor } from "../../engine/formats/safetensors.ts";

export const largestDifference = (got: ArrayLike<number>, want: ArrayLike<number>): number =>
  Array.from(want).reduce((largest, value, at) => Math.max(largest, Math.abs(got[at] - value)), 0);

/** ‖got − want‖ / ‖want‖; where everything wanted is 0 (an expert without tokens) nothing but 0 will do. */
export function relativeError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let [difference, norm] = [0, 0];
  for (let at = 0; at < want.length; at++) {
    difference += (got[at] - want[at]) ** 2;
    norm += want[at] ** 2;
  }
  if (norm === 0) return difference === 0 ? 0 : Infinity;
  return Math.sqrt(difference / norm);
}

/** The tensor that differs most, among those that `want` names. Throws when one is missing or has another shape. */
export function worstTensor(got: Map<string, NamedTensor>, want: Map<string, NamedTensor>): { name: string; error: number } {
  let worst = { name: "none", error: 0 };
  for (const [name, { shape, data }] of want) {
    const tensor = got.get(name);
    if (tensor?.shape.join() !== shape.join()) throw new Error(`${name} is ${tensor ? `[${tensor.shape}]` : "missing"}, not [${shape}]`);
    const error = relativeError(tensor.data, data);
    // A NaN is worse than any number.
    if (!(error <= worst.error)) worst = { name, error };
  }
  return worst;
}
