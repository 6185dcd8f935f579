import type { PathKey } from "./problems.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/**
 * Objects that a patch replaces as a whole. A balance recipe or an attention is one decision, and keys left over from
 * another recipe would change its meaning; so would domains left over from another mixture.
 */
const replacedWhole = new Set(["balance", "model.attention", "data.mixture"]);

export const isObject = (value: unknown): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * `base` with `patch` laid over it: objects merge key by key, everything else replaces. `null` in the patch clears: the
 * key is removed, so that the default holds again. `train.tokens` and `train.steps` say the same thing, so one clears the other.
 */
export function mergePatch(base: JsonObject, patch: JsonObject, at = ""): JsonObject {
  const merged: JsonObject = { ...base };
  if (at === "train" && patch.steps !== undefined && patch.steps !== null) delete merged.tokens;
  if (at === "train" && patch.tokens !== undefined && patch.tokens !== null) delete merged.steps;
  for (const [key, value] of Object.entries(patch)) {
    const path = at === "" ? key : `${at}.${key}`;
    if (value === null) delete merged[key];
    else if (value === undefined) continue;
    else if (isObject(value) && !replacedWhole.has(path)) merged[key] = mergePatch(isObject(merged[key]) ? (merged[key] as JsonObject) : {}, value, path);
    else merged[key] = structuredClone(value);
  }
  return merged;
}

/** `a.b.0.c` or `a["x y"].b` → keys; digits are list positions. */
export function parsePath(text: string): PathKey[] {
  const keys: PathKey[] = [];
  for (const match of text.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)) {
    if (match[1] !== undefined) keys.push(JSON.parse(`"${match[1]}"`) as string);
    else if (match[2] !== undefined) keys.push(Number(match[2]));
    else keys.push(/^\d+$/.test(match[3]) ? Number(match[3]) : match[3]);
  }
  return keys;
}

/** A copy of `base` with exactly the value at `path` replaced (`null` clears it); objects on the way are made as needed. */
export function setAtPath(base: JsonObject, path: readonly PathKey[], value: Json): JsonObject {
  const copy = structuredClone(base);
  if (path[0] === "train" && path.length === 2 && value !== null) {
    if (path[1] === "steps") delete (copy.train as JsonObject | undefined)?.tokens;
    if (path[1] === "tokens") delete (copy.train as JsonObject | undefined)?.steps;
  }
  let at = copy as any;
  path.forEach((key, i) => {
    if (i === path.length - 1) {
      if (value === null && !Array.isArray(at)) delete at[key];
      else at[key] = value;
    } else {
      if (typeof at[key] !== "object" || at[key] === null) at[key] = {};
      at = at[key];
    }
  });
  return copy;
}
