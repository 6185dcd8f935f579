/** Options of figures come from notebook cells: checked by schema, with a message that names figure, option and what it may be. */
import * as v from "valibot";

export const metricName = v.pipe(v.string(), v.regex(/^[A-Za-z]\w*(\.[^\s.]+)?$/));
export const xAxis = v.picklist(["steps", "tokens", "seconds"]);

type Schema<T> = v.GenericSchema<unknown, T>;

/** Every key of `schema` needs a default, so that `{}` is a complete request. */
export function parseOptions<T>(figure: string, schema: Schema<T>, options: unknown): T {
  const result = v.safeParse(schema, options ?? {});
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  // a strict object reports an unknown key by its path with nothing expected there
  if (issue.expected === "never") throw new TypeError(`${figure}: there is no option "${path}".`);
  throw new TypeError(`${figure}: option ${path ?? ""} is ${issue.received}, expected ${issue.expected ?? issue.message}.`);
}
