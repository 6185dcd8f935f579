/** Runs inside the sandbox. Self-contained: the kernel evaluates this function's text there. Values as readable text. */
export function sandboxInspect() {
  const { stringify } = JSON;
  const { isArray } = Array;
  const { getOwnPropertyDescriptor, getPrototypeOf, keys } = Object;
  const objectPrototype = Object.prototype;
  const text = String;
  const IsMap = Map;
  const IsSet = Set;
  const IsError = Error;
  const IsDate = Date;
  const IsPromise = Promise;
  const maxDepth = 4;
  const maxItems = 100;

  /** An element of the document that d3 and Plot draw in: what it is, not the tree it hangs in. */
  function tagOf(value: object): string | null {
    const { nodeType, localName } = value as { nodeType?: unknown; localName?: unknown };
    return nodeType === 1 && typeof localName === "string" ? `<${localName}>` : null;
  }

  function nameOf(value: object): string {
    try {
      const { constructor } = value as { constructor?: { name?: unknown } };
      return typeof constructor?.name === "string" ? constructor.name : "";
    } catch {
      return "";
    }
  }

  function list(open: string, close: string, length: number, item: (i: number) => string): string {
    if (length === 0) return open + close;
    let inner = "";
    const shown = length > maxItems ? maxItems : length;
    for (let i = 0; i < shown; i++) inner += (i > 0 ? ", " : "") + item(i);
    if (length > shown) inner += `, … ${length - shown} more`;
    return open === "[" ? `[${inner}]` : `${open} ${inner} ${close}`;
  }

  function inspect(value: unknown, depth: number): string {
    if (typeof value === "string") return depth === 0 ? value : stringify(value);
    if (typeof value === "bigint") return `${text(value)}n`;
    if (typeof value === "symbol") return text(value);
    if (typeof value === "function") return `[function ${typeof value.name === "string" ? value.name : ""}]`;
    if (typeof value !== "object" || value === null) return text(value);
    if (value instanceof IsError) return `${text(value.name)}: ${text(value.message)}`;
    if (value instanceof IsDate) return text(value);
    if (value instanceof IsPromise) return "[promise]";
    const tag = tagOf(value);
    if (tag !== null) return tag;
    const name = nameOf(value);
    if (depth >= maxDepth) return isArray(value) ? "[…]" : "{ … }";
    if (isArray(value)) return list("[", "]", value.length, (i) => inspect(value[i], depth + 1));
    if (value instanceof IsMap || value instanceof IsSet) {
      const entries: unknown[] = [];
      value.forEach((item: unknown, key: unknown) => (entries[entries.length] = value instanceof IsMap ? [key, item] : item));
      return `${name} ${list("{", "}", entries.length, (i) => inspect(entries[i], depth + 1))}`;
    }
    const names = keys(value);
    const prefix = getPrototypeOf(value) === objectPrototype || name === "" || name === "Object" ? "" : `${name} `;
    return (
      prefix +
      list("{", "}", names.length, (i) => {
        const property = getOwnPropertyDescriptor(value, names[i]);
        return `${names[i]}: ${property?.get ? "[getter]" : inspect(property?.value, depth + 1)}`;
      })
    );
  }

  return (value: unknown): string => {
    try {
      return inspect(value, 0);
    } catch (error) {
      return `[cannot be shown: ${error instanceof IsError ? text(error.message) : "it threw"}]`;
    }
  };
}
