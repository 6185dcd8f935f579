/**
 * Values between host and sandbox as JSON text. Numbers that JSON lacks travel as `{ "$number": "NaN" }`; the sandbox
 * side of the same encoding is `experiments/api/sandbox/values.ts`.
 */

import { own } from "../../own-keys.ts";

const special: Record<string, number> = { NaN, Infinity, "-Infinity": -Infinity };

export function toWire(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, part: unknown) =>
    typeof part === "number" && !Number.isFinite(part) ? { $number: String(part) } : part,
  );
}

/** @throws SyntaxError when the sandbox sends what is no JSON */
export function fromWire(text: string): unknown {
  return JSON.parse(text, (_key, part: unknown) => {
    if (typeof part !== "object" || part === null || !Object.hasOwn(part, "$number")) return part;
    const number = own(special, String((part as { $number: unknown }).$number));
    return number === undefined ? part : number;
  });
}
