import { pathText, type PathKey } from "./problems.ts";

/** One leaf in which two values differ; `undefined` where one of them has nothing there. */
export interface Difference {
  /** e.g. `balance.losses[0].alpha`; "" when the values as a whole differ in kind */
  path: string;
  from: unknown;
  to: unknown;
}

/** Every leaf in which `to` differs from `from`, in the order of the keys. Something that is there on one side only is one difference. */
export function differences(from: unknown, to: unknown, path: PathKey[] = []): Difference[] {
  if (Object.is(from, to)) return [];
  const nested = isNested(from) && isNested(to) && Array.isArray(from) === Array.isArray(to);
  if (!nested) return [{ path: pathText(path), from, to }];
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return keys.flatMap((key) =>
    differences((from as Record<string, unknown>)[key], (to as Record<string, unknown>)[key], [
      ...path,
      Array.isArray(from) ? Number(key) : key,
    ]),
  );
}

const isNested = (value: unknown): value is object => typeof value === "object" && value !== null;

/** One leaf in which several values are not all alike; `undefined` for those that have nothing there. */
export interface Variation {
  /** as in Difference */
  path: string;
  /** one for each value, in their order */
  values: unknown[];
}

/** The same for any number of values: every leaf in which they do not all agree. */
export function variations(values: readonly unknown[], path: PathKey[] = []): Variation[] {
  const [first] = values;
  if (values.every((value) => Object.is(value, first))) return [];
  const nested = values.every((value) => isNested(value) && Array.isArray(value) === Array.isArray(first));
  if (!nested) return [{ path: pathText(path), values: [...values] }];
  const keys = [...new Set(values.flatMap((value) => Object.keys(value as object)))];
  return keys.flatMap((key) =>
    variations(
      values.map((value) => (value as Record<string, unknown>)[key]),
      [...path, Array.isArray(first) ? Number(key) : key],
    ),
  );
}
