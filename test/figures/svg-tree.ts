/** Reads the SVG that the figures write: strict enough to fail on anything that is not well-formed, small enough to trust. */

export interface Tag {
  name: string;
  attributes: Record<string, string>;
  children: Tag[];
  /** own text, without that of children */
  text: string;
  parent: Tag | null;
}

export function parseSvg(source: string): Tag {
  const root: Tag = { name: "#root", attributes: {}, children: [], text: "", parent: null };
  let open = root;
  const token = /<(\/)?([a-zA-Z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/)?>|([^<]+)/gy;
  let at = 0;
  while (at < source.length) {
    token.lastIndex = at;
    const match = token.exec(source);
    if (!match) throw new Error(`Not well-formed at ${at}: ${source.slice(at, at + 60)}`);
    at = token.lastIndex;
    const [, closing, name, attributes = "", empty, text] = match;
    if (text !== undefined) open.text += unescape(text);
    else if (closing) {
      if (open.name !== name || !open.parent) throw new Error(`</${name}> closes <${open.name}>`);
      open = open.parent;
    } else {
      const tag: Tag = { name, attributes: {}, children: [], text: "", parent: open };
      for (const [, key, value] of attributes.matchAll(/([\w:-]+)="([^"]*)"/g)) {
        if (key in tag.attributes) throw new Error(`<${name}> has ${key} twice`);
        tag.attributes[key] = unescape(value);
      }
      open.children.push(tag);
      if (!empty) open = tag;
    }
  }
  if (open !== root || root.children.length !== 1) throw new Error(`<${open.name}> is not closed`);
  return root.children[0];
}

export function descendants(tag: Tag): Tag[] {
  return [tag, ...tag.children.flatMap(descendants)];
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
  text: string;
  tag: Tag;
}

type Matrix = [a: number, b: number, c: number, d: number, e: number, f: number];

/** Where every <text> lies, in pixels of the outermost SVG; widths from `measure`. */
export function textBoxes(root: Tag, measure: (text: string, size: number, weight: number) => number): Box[] {
  return placed(root, "text").map(({ tag, matrix }) => boxOf(tag, matrix));

  function boxOf(tag: Tag, matrix: Matrix): Box {
    const size = Number(tag.attributes["font-size"]);
    const width = measure(tag.text, size, Number(tag.attributes["font-weight"] ?? 400));
    const [x, y] = [Number(tag.attributes.x), Number(tag.attributes.y)];
    const left = tag.attributes["text-anchor"] === "end" ? x - width : tag.attributes["text-anchor"] === "middle" ? x - width / 2 : x;
    const corners = [
      [left, y - 0.78 * size],
      [left + width, y + 0.22 * size],
    ].map(([px, py]) => [matrix[0] * px + matrix[2] * py + matrix[4], matrix[1] * px + matrix[3] * py + matrix[5]]);
    const [x0, x1] = corners.map((corner) => corner[0]).sort((a, b) => a - b);
    const [y0, y1] = corners.map((corner) => corner[1]).sort((a, b) => a - b);
    return { x: x0, y: y0, width: x1 - x0, height: y1 - y0, text: tag.text, tag };
  }
}

/** Where every <rect> lies, in the order in which they are painted. */
export function rectBoxes(root: Tag): Box[] {
  return placed(root, "rect").map(({ tag, matrix }) => {
    const [x, y, width, height] = ["x", "y", "width", "height"].map((key) => Number(tag.attributes[key] ?? 0));
    return { x: x + matrix[4], y: y + matrix[5], width, height, text: "", tag };
  });
}

/** Elements of one name with what places them, in document order. */
function placed(root: Tag, name: string): { tag: Tag; matrix: Matrix }[] {
  const found: { tag: Tag; matrix: Matrix }[] = [];
  visit(root, [1, 0, 0, 1, 0, 0]);
  return found;

  function visit(tag: Tag, outer: Matrix): void {
    let matrix = outer;
    if (tag.name === "svg" && tag.parent?.name !== "#root")
      matrix = multiply(matrix, [1, 0, 0, 1, Number(tag.attributes.x ?? 0), Number(tag.attributes.y ?? 0)]);
    if (tag.attributes.transform) matrix = multiply(matrix, transformOf(tag.attributes.transform));
    if (tag.name === name) found.push({ tag, matrix });
    for (const child of tag.children) visit(child, matrix);
  }
}

export function overlap(a: Box, b: Box): boolean {
  // a pixel of slack: the box is the em's, the ink is smaller
  return a.x + 1 < b.x + b.width && b.x + 1 < a.x + a.width && a.y + 1 < b.y + b.height && b.y + 1 < a.y + a.height;
}

function transformOf(text: string): Matrix {
  const translate = /^translate\((-?[\d.]+),(-?[\d.]+)\)$/.exec(text);
  if (translate) return [1, 0, 0, 1, Number(translate[1]), Number(translate[2])];
  throw new Error(`A transform that is not known here: ${text}`);
}

function multiply(m: Matrix, n: Matrix): Matrix {
  return [
    m[0] * n[0] + m[2] * n[1],
    m[1] * n[0] + m[3] * n[1],
    m[0] * n[2] + m[2] * n[3],
    m[1] * n[2] + m[3] * n[3],
    m[0] * n[4] + m[2] * n[5] + m[4],
    m[1] * n[4] + m[3] * n[5] + m[5],
  ];
}

function unescape(text: string): string {
  return text.replace(/&(amp|lt|gt|quot);|&/g, (entity, name: string | undefined) => {
    if (!name) throw new Error(`A bare & in "${text.slice(0, 60)}"`);
    return { amp: "&", lt: "<", gt: ">", quot: '"' }[name] ?? entity;
  });
}
