/** JSON in which numbers that are not finite are the strings "NaN", "Infinity" and "-Infinity". */
import * as v from "valibot";

export function encode(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_key, x) => (typeof x === "number" && !Number.isFinite(x) ? String(x) : x), indent);
}

/** A number of such JSON, or one that came without being written: between processes NaN stays what it is. */
export const anyNumber = v.pipe(v.union([v.number(), v.nan(), v.picklist(["NaN", "Infinity", "-Infinity"])]), v.transform(Number));
