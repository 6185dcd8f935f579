/** Small choices that outlive the window. */
import * as v from "valibot";

/** A setting in local storage; anything unreadable counts as absent. */
export function readSetting<Value>(name: string, schema: v.GenericSchema<unknown, Value>, fallback: Value): Value {
  try {
    const stored = v.safeParse(schema, JSON.parse(localStorage.getItem(`switchyard.${name}`) ?? "null"));
    return stored.success ? stored.output : fallback;
  } catch {
    return fallback;
  }
}

export function writeSetting(name: string, value: unknown): void {
  localStorage.setItem(`switchyard.${name}`, JSON.stringify(value));
}
