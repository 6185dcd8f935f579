/** SVG as text: no DOM, so that figures draw the same in a window, in a worker and on the command line. */

/** Attributes that are null, undefined or false are left out. */
export type Attributes = Record<string, string | number | boolean | null | undefined>;

/**
 * One element. Children are markup: text goes through `escapeXml` (or `element("title", {}, escapeXml(text))`).
 * Numbers keep two decimals, a hundredth of a pixel; one that is not finite is a bug in the figure and throws.
 */
export function element(name: string, attributes: Attributes, children: string | readonly string[] = ""): string {
  let start = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    start += ` ${key}="${typeof value === "number" ? number(value, `${name}.${key}`) : escapeXml(String(value))}"`;
  }
  const content = typeof children === "string" ? children : children.join("");
  return content ? `${start}>${content}</${name}>` : `${start}/>`;
}

export function group(x: number, y: number, children: string | readonly string[], attributes: Attributes = {}): string {
  return element("g", { transform: x || y ? `translate(${number(x)},${number(y)})` : null, ...attributes }, children);
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke: string, attributes: Attributes = {}): string {
  return element("line", { x1, y1, x2, y2, stroke, ...attributes });
}

/** A part of the drawing that clips what leaves it; an inner viewport needs no id, which a document could hold twice. */
export function viewport(x: number, y: number, width: number, height: number, children: string | readonly string[]): string {
  return element("svg", { x, y, width, height, overflow: "hidden" }, children);
}

/**
 * Characters with a meaning in XML are escaped; those that XML 1.0 cannot hold are left out, and so are the explicit bidi
 * controls (U+202A to U+202E, U+2066 to U+2069): a name must not turn the text around it.
 */
export function escapeXml(text: string): string {
  return text
    .replace(
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      "",
    )
    .replace(/[&<>"]/g, (character) => entities[character]);
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export function number(value: number, where = "coordinate"): string {
  if (!Number.isFinite(value)) throw new RangeError(`Figure: ${where} is ${value}.`);
  const rounded = Math.round(value * 100) / 100;
  return String(rounded === 0 ? 0 : rounded);
}
