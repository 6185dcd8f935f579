/** SVG text that a cell wrote or drew → a drawing of known size that holds nothing but drawing, in workers as in Node. */
import { Parser } from "htmlparser2";
import { escapeXml } from "../svg.ts";
import { Expansion } from "./expansion.ts";
import { isAllowedValue, pointsInside, svgAttributes, svgElements, textElements } from "./svg-vocabulary.ts";

export interface DrawnSvg {
  /** one `<svg>` element, well-formed, self-contained, with its size in pixels and a viewBox */
  svg: string;
  width: number;
  height: number;
  /** its `<title>`; "" where it has none */
  title: string;
  /** what it shows, in its author's words: `aria-label`, `aria-description`, `<desc>`; "" where there are none */
  alternative: string;
}

/** Elements within each other, and shapes that a drawing may become. */
const deepest = 100;
const mostShapes = 100_000;

/** Longest side in pixels; what is larger is shown smaller, whole. */
const largestSide = 4000;

/** @throws TypeError when the text is no SVG */
export function cleanSvg(text: string): DrawnSvg {
  const root: Record<string, string> = {};
  const parts: string[] = [];
  /** open elements; what is inside one that is left out is left out too */
  const open: { name: string; kept: boolean; id?: string }[] = [];
  const expansion = new Expansion();
  let [started, ended] = [false, false];
  let [title, description, style] = ["", "", ""];

  const parser = new Parser(
    {
      onopentag(name, attributes) {
        const kept = svgElements.has(name) && (started ? !ended && (open.at(-1)?.kept ?? false) : name === "svg");
        open.push({ name, kept, id: attributes.id });
        if (open.length > deepest)
          throw new TypeError(`this drawing cannot be shown: its elements are nested deeper than ${deepest} levels`);
        if (!kept) return;
        // The whole is one image to those who do not see it: roles and labels of its parts would be told to nobody.
        const allowed = Object.entries(attributes).filter(
          ([key, value]) => svgAttributes.has(key) && isAllowedValue(name, key, value) && !(started && /^(aria-|role$)/.test(key)),
        );
        expansion.add(name, Object.fromEntries(allowed), started ? open.slice(1, -1).flatMap(({ id }) => id ?? []) : []);
        if (!started) {
          started = true;
          // what stands around the root, and cannot be closed, is none of the drawing
          open.splice(0, open.length - 1);
          Object.assign(root, Object.fromEntries(allowed));
        } else if (name !== "style") parts.push(`<${name}${allowed.map(([key, value]) => ` ${key}="${escapeXml(value)}"`).join("")}>`);
      },
      ontext(content) {
        const { name = "", kept = false } = open.at(-1) ?? {};
        if (!kept || !textElements.has(name)) return;
        if (name === "style") style += content;
        else parts.push(escapeXml(content));
        if (open.length === 2 && name === "title") title += content;
        if (open.length === 2 && name === "desc") description += content;
      },
      onclosetag(name) {
        // A tag that the text breaks off in is closed without having been opened.
        if (open.at(-1)?.name !== name) return;
        if (!open.pop()!.kept) return;
        if (open.length === 0) ended = true;
        else if (name === "style") {
          expansion.style(style);
          if (pointsInside(style)) parts.push(`<style>${escapeXml(style)}</style>`);
          style = "";
        } else parts.push(`</${name}>`);
      },
    },
    { xmlMode: true },
  );
  parser.end(text);
  if (!started) throw new TypeError("this is no SVG: it has no <svg> element");
  const shapes = expansion.shapes();
  if (shapes > mostShapes)
    throw new TypeError(
      `this drawing cannot be shown: ${shapes === Infinity ? "a part of it uses itself" : `it becomes ${shapes.toLocaleString("en")} shapes; the limit is ${mostShapes.toLocaleString("en")}`}`,
    );

  const size = sizeOf(root);
  const words = (content: string) => content.replace(/\s+/g, " ").trim();
  title = words(title);
  const alternative = [root["aria-label"], root["aria-description"], description]
    .map((said) => words(said ?? ""))
    .filter(Boolean)
    .join(". ");
  const label = labelOf({ title, alternative });
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    "xmlns:xlink": "http://www.w3.org/1999/xlink",
    ...root,
    ...size,
    role: "img",
    "aria-label": label,
  };
  const start = Object.entries(attributes)
    .map(([key, value]) => `${key}="${escapeXml(String(value))}"`)
    .join(" ");
  return { svg: `<svg ${start}>${parts.join("")}</svg>`, width: size.width, height: size.height, title, alternative };
}

/** What those hear who do not see the drawing; never empty, whatever its author left out. */
export const labelOf = ({ title, alternative }: Pick<DrawnSvg, "title" | "alternative">): string =>
  [title, alternative].filter(Boolean).join(". ") || "Figure drawn by the notebook";

/** Lengths beyond this are none: renderers compute in 32 bits. */
const mostUnits = 1e6;

/** Width and height as written, or those of the viewBox, or those that CSS gives an SVG without any. */
function sizeOf({ width, height, viewBox }: Record<string, string>): { width: number; height: number; viewBox: string } {
  const box = (viewBox ?? "")
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  const isLength = (value: number) => value >= 1 / mostUnits && value <= mostUnits;
  const boxed = box.length === 4 && box.every((value) => Math.abs(value) <= mostUnits) && isLength(box[2]) && isLength(box[3]);
  const pixels = (text: string | undefined) =>
    text !== undefined && /^\s*\+?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?(px)?\s*$/i.test(text) && isLength(parseFloat(text))
      ? parseFloat(text)
      : null;
  const [w, h] = [pixels(width), pixels(height)];
  const ratio = boxed ? box[3] / box[2] : 0.5;
  const wide = w ?? (h !== null && boxed ? h / ratio : boxed ? box[2] : 300);
  const high = h ?? (boxed ? wide * ratio : 150);
  const scale = Math.min(1, largestSide / wide, largestSide / high);
  return {
    width: Math.max(1, round(wide * scale)),
    height: Math.max(1, round(high * scale)),
    viewBox: boxed ? viewBox!.trim() : `0 0 ${round(wide)} ${round(high)}`,
  };
}

const round = (value: number): number => Math.max(0.01, Math.round(value * 100) / 100);
