/**
 * Runs inside the sandbox. Self-contained: the kernel evaluates this function's text there. What a cell has made stays as it
 * was made: plain data, instances, maps and sets are frozen when the cell ends; what cannot be frozen is kept a copy of.
 */

/** A list that is compared with its copy, and put back, after a cell that reads it. */
export interface Watched {
  list: unknown[];
  copy: unknown[];
}

export function sandboxSharing() {
  const { isArray, prototype: arrayPrototype } = Array;
  const { isView } = ArrayBuffer;
  const { defineProperty, freeze, getOwnPropertyDescriptor, is, isFrozen } = Object;
  const { apply, ownKeys } = Reflect;
  const { has, add } = WeakSet.prototype;
  const { forEach: eachOfMap } = Map.prototype;
  const { forEach: eachOfSet } = Set.prototype;
  const { slice } = arrayPrototype;
  const { slice: sliceTyped } = Uint8Array.prototype;
  const TypeErrorOf = TypeError;
  const [IsMap, IsSet, IsDate, IsPromise, IsView] = [Map, Set, Date, Promise, DataView];
  const Seen = WeakSet;
  /** a frozen list takes three times the memory and time in this machine: long ones are compared instead */
  const longList = 10_000;
  const changing: [new () => object, string[]][] = [
    [IsMap as never, ["set", "delete", "clear"]],
    [IsSet as never, ["add", "delete", "clear"]],
    [
      IsDate as never,
      [
        "setTime",
        "setDate",
        "setFullYear",
        "setHours",
        "setMilliseconds",
        "setMinutes",
        "setMonth",
        "setSeconds",
        "setUTCDate",
        "setUTCFullYear",
        "setUTCHours",
        "setUTCMilliseconds",
        "setUTCMinutes",
        "setUTCMonth",
        "setUTCSeconds",
      ],
    ],
  ];

  const refusing = freeze({
    __proto__: null,
    value: () => {
      throw new TypeErrorOf("this object is read-only");
    },
  }) as PropertyDescriptor;

  /** Elements of the document that d3 and Plot draw in hang together with all of it. */
  const isNode = (value: object): boolean => typeof (value as { nodeType?: unknown }).nodeType === "number";

  /** Freezes a value and what it holds. @returns what has to be compared instead */
  function seal(root: unknown): Watched[] {
    const watched: Watched[] = [];
    const seen = new Seen<object>();
    const open: unknown[] = [root];
    const look = (value: unknown) => {
      if (typeof value === "object" && value !== null) open[open.length] = value;
    };
    while (open.length > 0) {
      const value = open[open.length - 1] as object;
      open.length--;
      if (typeof value !== "object" || value === null || apply(has, seen, [value]) || value instanceof IsPromise || isNode(value)) continue;
      apply(add, seen, [value]);
      if (isView(value)) {
        if (!(value instanceof IsView)) watched[watched.length] = { list: value as never, copy: apply(sliceTyped, value, []) as never };
        continue;
      }
      if (isArray(value) && value.length > longList && !isFrozen(value)) {
        watched[watched.length] = { list: value, copy: apply(slice, value, []) as unknown[] };
        for (let i = 0; i < value.length; i++) look(value[i]);
        continue;
      }
      for (let i = 0; i < changing.length; i++) {
        if (!(value instanceof changing[i][0]) || isFrozen(value)) continue;
        for (let j = 0; j < changing[i][1].length; j++) defineProperty(value, changing[i][1][j], refusing);
      }
      if (value instanceof IsMap) apply(eachOfMap, value, [(item: unknown, key: unknown) => (look(item), look(key))]);
      else if (value instanceof IsSet) apply(eachOfSet, value, [look]);
      const names = ownKeys(value);
      for (let i = 0; i < names.length; i++) look(getOwnPropertyDescriptor(value, names[i])?.value);
      freeze(value);
    }
    return watched;
  }

  /** Whether a list is not what it was; it is put back. */
  function restore(watched: Watched): boolean {
    const list = watched.list;
    const copy = watched.copy;
    let same = list.length === copy.length;
    for (let i = 0; same && i < copy.length; i++) same = is(list[i], copy[i]);
    if (same) return false;
    if (isArray(list)) list.length = copy.length;
    for (let i = 0; i < copy.length; i++) list[i] = copy[i];
    return true;
  }

  return { seal, restore };
}

export type SandboxSharing = ReturnType<typeof sandboxSharing>;
