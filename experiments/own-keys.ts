/**
 * Names that people and files choose, as keys of objects. Every object inherits some keys (`constructor`, `toString`), and one,
 * `__proto__`, reaches behind the object: a lookup sees only what an object has itself, and no name may be that one.
 */
import * as v from "valibot";

/** What `object` has itself under this name. */
export const own = <T>(object: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined;

/** Gives `object` a value of its own, whatever the name is and whatever objects inherit. */
export function put(object: object, name: string | number, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

/** The one name that data cannot carry through JavaScript. */
export const isForbidden = (name: string): boolean => name === "__proto__";

export const forbiddenName = (name: string): string => `${JSON.stringify(name)} is no name that data can have`;

/** Where keys of data, however deep, are names that it cannot have. */
export function forbiddenNames(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  // bytes have no names
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
  return Object.keys(value).flatMap((key) => {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    return isForbidden(key) ? [here] : forbiddenNames((value as Record<string, unknown>)[key], here);
  });
}

/** A map without a prototype: what it does not hold it does not have. */
export const nameMap = <T>(entries: Iterable<readonly [string, T]> = []): Record<string, T> => {
  const map = Object.create(null) as Record<string, T>;
  for (const [name, value] of entries) put(map, name, value);
  return map;
};

/**
 * An object whose keys are names. Valibot's own `record` keeps quiet about `prototype` and `constructor` and drops them; this
 * one takes them as it takes any other name, and refuses `__proto__`.
 */
export function namesTo<const T extends v.GenericSchema>(
  value: T,
  message?: v.ErrorMessage<v.RecordIssue>,
): v.RecordSchema<v.StringSchema<undefined>, T, typeof message> {
  const record = v.record(v.string(), value, message);
  return {
    ...record,
    "~run"(dataset, config) {
      const input: unknown = dataset.value;
      // what is no object is refused in the record's own words
      if (typeof input !== "object" || input === null || Array.isArray(input))
        return record["~run"]({ value: Array.isArray(input) ? undefined : input }, config);
      const entries = nameMap(
        Object.keys(input)
          .filter((name) => !isForbidden(name))
          .map((name) => [name, value] as const),
      );
      return v.strictObject(entries, (issue) => forbiddenName(String(issue.input)))["~run"]({ value: input }, config) as never;
    },
  };
}
