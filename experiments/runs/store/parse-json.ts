/** Text of a store becomes a value through a schema: what does not fit is never used, and never the end of a program. */
import * as v from "valibot";

/** What became of reading a file; `why` completes "it is damaged (…)". */
export type Reading<T> =
  | { state: "read"; value: T }
  | { state: "missing" }
  /** `unreachable`: it may be whole, and the disk does not hand it out; `changed`: it was whole when it was written */
  | { state: "damaged"; why: string; unreachable?: true; changed?: true };

/** Something that must hold of the JSON before it is taken: null, or what is wrong. */
export type Check = (json: unknown) => { why: string; changed?: true } | null;

export function parseJson<T>(
  text: string,
  schema: v.GenericSchema<unknown, T>,
  check: Check = () => null,
): Exclude<Reading<T>, { state: "missing" }> {
  let json: unknown;
  try {
    json = ownJson(text);
  } catch (error) {
    return { state: "damaged", why: error instanceof PrototypeKeyError ? error.message : "it is not JSON" };
  }
  try {
    const parsed = v.safeParse(schema, json);
    if (!parsed.success) {
      const issue = parsed.issues[0];
      return { state: "damaged", why: `${v.getDotPath(issue) ?? "it"}: ${issue.message}` };
    }
    const problem = check(json);
    return problem === null ? { state: "read", value: parsed.output } : { state: "damaged", ...problem };
  } catch (error) {
    // nested so deeply that the stack ends
    return { state: "damaged", why: (error as Error).message };
  }
}

class PrototypeKeyError extends Error {}

/**
 * JSON in which no object has the key `__proto__`, at any depth: assigned to another object, as merging and copying do, it would become that
 * object's prototype. (`constructor` and `prototype` only lead to one where a path is walked: see `plainData`.)
 */
function ownJson(text: string): unknown {
  // few texts have the word, or an escape that could spell it; looking at every key of every line of a curve takes longer than reading it
  if (!/__proto__|\\u/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (key, value: unknown) => {
    if (key === "__proto__") throw new PrototypeKeyError("it has the key __proto__");
    return value;
  });
}

const walked = ["__proto__", "constructor", "prototype"];

/** Data that paths are walked in later, taken as it is: no key in it leads to a prototype. */
export function plainData(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.keys(value).every((key) => !walked.includes(key) && plainData((value as Record<string, unknown>)[key]));
}
