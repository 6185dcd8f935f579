import type { Json, JsonObject } from "../../json-value.ts";
import { forbiddenName, isForbidden, own, put } from "../../own-keys.ts";
import { pathText, type PathKey } from "./problems.ts";

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
    const before = own(merged, key);
    if (value === null) delete merged[key];
    else if (value === undefined) continue;
    else if (isObject(value) && !replacedWhole.has(path)) put(merged, key, mergePatch(isObject(before) ? before : {}, value, path));
    else put(merged, key, structuredClone(value));
  }
  return merged;
}

/** A path that leads nowhere in data; the message says why. */
export class PathError extends Error {
  override readonly name = "PathError";
}

/**
 * `a.b.0.c` or `a["x y"].b` → keys; digits are list positions.
 * @throws {PathError}
 */
export function parsePath(text: string): PathKey[] {
  const keys: PathKey[] = [];
  const key = /\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/y;
  for (let at = 0; at < text.length; at = key.lastIndex) {
    if (text[at] === "." && at > 0) at++;
    key.lastIndex = at;
    const match = key.exec(text);
    if (!match) {
      const rest = JSON.stringify(text.slice(at, at + 20));
      throw new PathError(
        `not understood from ${rest} on; a path is keys with dots between them, such as train.optimizer.lr, and ["…"] around other names`,
      );
    }
    if (match[1] !== undefined) keys.push(quoted(match[1]));
    else if (match[2] !== undefined) keys.push(Number(match[2]));
    else keys.push(/^\d+$/.test(match[3]) ? Number(match[3]) : match[3]);
  }
  if (keys.length === 0) throw new PathError("names nothing");
  for (const name of keys) if (isForbidden(String(name))) throw new PathError(forbiddenName(String(name)));
  return keys;
}

/** Why a path that was written down earlier cannot be followed, or null. An arm's name may stand before it, so only names count. */
export function targetProblem(target: string): string | null {
  return target.split(/[.[\]"]+/).some(isForbidden) ? forbiddenName("__proto__") : null;
}

function quoted(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    throw new PathError(`"${text}" is no JSON text`);
  }
}

/**
 * A copy of `base` with exactly the value at `path` replaced (`null` clears it); objects on the way are made as needed. Only
 * what an object or list has itself is walked into.
 * @throws {PathError}
 */
export function setAtPath(base: JsonObject, path: readonly PathKey[], value: Json): JsonObject {
  for (const name of path) if (isForbidden(String(name))) throw new PathError(forbiddenName(String(name)));
  const copy = structuredClone(base);
  if (path[0] === "train" && path.length === 2 && value !== null) {
    if (path[1] === "steps") delete (own(copy, "train") as JsonObject | undefined)?.tokens;
    if (path[1] === "tokens") delete (own(copy, "train") as JsonObject | undefined)?.steps;
  }
  let at: JsonObject | Json[] = copy;
  path.forEach((key, i) => {
    if (Array.isArray(at)) mustBeIn(at, key, path.slice(0, i));
    if (i === path.length - 1) {
      if (value === null && !Array.isArray(at)) delete at[key];
      else put(at, key, value);
      return;
    }
    let next: Json | undefined = own(at as JsonObject, String(key));
    if (typeof next !== "object" || next === null) put(at, key, (next = {}));
    at = next;
  });
  return copy;
}

/** A list has positions, without holes. */
function mustBeIn(list: readonly Json[], key: PathKey, path: readonly PathKey[]): void {
  if (typeof key === "number" && key <= list.length) return;
  const missing = typeof key === "number" ? `place ${key}` : JSON.stringify(key);
  throw new PathError(
    `${pathText(path)} is a list and has no ${missing}; it has ${list.length} places, and [${list.length}] would be the next`,
  );
}
