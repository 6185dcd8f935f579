/**
 * Runs inside the sandbox. Self-contained: the kernel evaluates this function's text there.
 *
 * Plain data in and out as JSON text. Cells may have changed any built-in by the time this runs, so everything needed
 * is taken at the start, nothing is iterated through a prototype, and no `toJSON` is ever called.
 */
export function sandboxValues() {
  const { parse, stringify } = JSON;
  const { isArray } = Array;
  const { isFinite } = Number;
  const { create, freeze, getPrototypeOf, keys } = Object;
  const { apply } = Reflect;
  const text = String;
  const objectPrototype = Object.prototype;
  const arrayJoin = Array.prototype.join;
  const arrayPush = Array.prototype.push;
  const nameTest = RegExp.prototype.test;
  const plainName = /^[A-Za-z_$][\w$]*$/;
  const TypeErrorOf = TypeError;
  const maxDepth = 64;
  const maxParts = 2_000_000;

  function step(path: string, key: string | number): string {
    if (typeof key === "number") return `${path}[${key}]`;
    return apply(nameTest, plainName, [key]) ? (path === "" ? key : `${path}.${key}`) : `${path}[${stringify(key)}]`;
  }

  function refuse(path: string, what: string): never {
    throw new TypeErrorOf(`${path} ${what}`);
  }

  /** JSON text of plain data. @throws TypeError with the path of what is no plain data */
  function encode(value: unknown, path: string): string {
    const parts: string[] = [];
    const above: unknown[] = [];
    let count = 0;
    const put = (part: string) => apply(arrayPush, parts, [part]);
    const write = (item: unknown, at: string): void => {
      if (++count > maxParts) refuse(path, `holds more than ${maxParts} values`);
      if (item === null) put("null");
      else if (typeof item === "string") put(stringify(item));
      else if (typeof item === "boolean") put(item ? "true" : "false");
      else if (typeof item === "number") put(isFinite(item) ? text(item) : `{"$number":"${text(item)}"}`);
      else if (typeof item !== "object")
        refuse(at, item === undefined ? "is undefined" : `is a ${typeof item}: only plain data can be used here`);
      else {
        if (above.length >= maxDepth) refuse(at, `is nested deeper than ${maxDepth} levels`);
        for (let i = 0; i < above.length; i++) if (above[i] === item) refuse(at, "contains itself");
        apply(arrayPush, above, [item]);
        if (isArray(item)) {
          put("[");
          for (let i = 0; i < item.length; i++) {
            if (i > 0) put(",");
            write(item[i], step(at, i));
          }
          put("]");
        } else {
          const prototype = getPrototypeOf(item);
          if (prototype !== objectPrototype && prototype !== null) refuse(at, "is no plain object: only plain data can be used here");
          const names = keys(item);
          put("{");
          for (let i = 0; i < names.length; i++) {
            if (names[i] === "__proto__") refuse(step(at, names[i]), "is no name that data can have");
            if (i > 0) put(",");
            put(`${stringify(names[i])}:`);
            write((item as Record<string, unknown>)[names[i]], step(at, names[i]));
          }
          put("}");
        }
        above.length--;
      }
    };
    write(value, path);
    return apply(arrayJoin, parts, [""]);
  }

  const numbers = create(null) as Record<string, number>;
  numbers.NaN = NaN;
  numbers.Infinity = Infinity;
  numbers["-Infinity"] = -Infinity;

  function revive(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    const names = keys(value);
    if (names.length === 1 && names[0] === "$number") {
      const number = numbers[(value as { $number: string }).$number];
      if (number !== undefined) return number;
    }
    for (let i = 0; i < names.length; i++) {
      const record = value as Record<string, unknown>;
      record[names[i]] = revive(record[names[i]]);
    }
    return freeze(value);
  }

  /** Data from the host, frozen: it is shared by all cells. */
  const decode = (json: string): unknown => revive(parse(json));

  return { encode, decode };
}

export type SandboxValues = ReturnType<typeof sandboxValues>;
