/** Text of a store becomes a value through a schema: what does not fit is never used, and never the end of a program. */
import * as v from "valibot";

/** What became of reading a file; `why` completes "it is damaged (…)". */
export type Reading<T> = { state: "read"; value: T } | { state: "missing" } | { state: "damaged"; why: string };

export function parseJson<T>(text: string, schema: v.GenericSchema<unknown, T>): Exclude<Reading<T>, { state: "missing" }> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { state: "damaged", why: "it is not JSON" };
  }
  try {
    const parsed = v.safeParse(schema, json);
    if (parsed.success) return { state: "read", value: parsed.output };
    const issue = parsed.issues[0];
    return { state: "damaged", why: `${v.getDotPath(issue) ?? "it"}: ${issue.message}` };
  } catch (error) {
    // nested so deeply that the stack ends
    return { state: "damaged", why: (error as Error).message };
  }
}
