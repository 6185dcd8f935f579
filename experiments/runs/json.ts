/** JSON in which numbers that are not finite are the strings "NaN", "Infinity" and "-Infinity". */
import * as v from "valibot";

export function encode(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_key, x) => (typeof x === "number" && !Number.isFinite(x) ? String(x) : x), indent);
}

/** A number of such JSON. */
export const anyNumber = v.pipe(
  v.union([v.number(), v.picklist(["NaN", "Infinity", "-Infinity"])]),
  v.transform(Number),
);
