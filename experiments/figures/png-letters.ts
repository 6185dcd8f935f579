/**
 * Which font has which letter. The renderer's own search for a font gives up at the first letter that none has, and where
 * another font joins letters; so every run of letters is told its font here, and what no font has is known.
 */
import { element, escapeXml } from "./svg.ts";
import { isMeasured, measure, type TextStyle } from "./text.ts";

export interface FontFamily {
  /** as the font itself is called */
  name: string;
  files: Uint8Array[];
  /** written from right to left */
  rightToLeft?: boolean;
}

interface Run {
  text: string;
  family: FontFamily;
}

/** Draws with these fonts alone, the first of them for everything that names none. */
export type DrawPixels = (svg: string, families: readonly FontFamily[]) => { pixels: Uint8Array; width: number; height: number };

export class Letters {
  /** letter → the first family that has it, or null */
  private readonly known = new Map<string, FontFamily | null>();
  /** of runs, by what they are */
  private readonly widths = new Map<string, number>();
  private readonly families: readonly FontFamily[];
  private readonly draw: DrawPixels;

  constructor(families: readonly FontFamily[], draw: DrawPixels) {
    this.families = families;
    this.draw = draw;
  }

  /** The same drawing with the fonts of its texts named, the fonts that it needs, and the letters that none has. */
  prepared(svg: string): { svg: string; families: FontFamily[]; missing: string[] } {
    this.learn(
      textsOf(svg)
        .flatMap(({ text }) => [...text])
        .filter((letter) => !isPlain(letter)),
    );
    const used = new Set([this.families[0]]);
    const missing = new Set<string>();
    let done = 0;
    let result = "";
    for (const { start, end, text, attributes } of textsOf(svg)) {
      const runs = this.runs(text, missing);
      for (const { family } of runs) used.add(family);
      result += svg.slice(done, start) + (runs.length > 1 ? this.apart(runs, attributes) : runs.map((run) => this.span(run)).join(""));
      done = end;
    }
    return { svg: result + svg.slice(done), families: this.families.filter((family) => used.has(family)), missing: [...missing] };
  }

  private span({ text, family }: Run, attributes: Record<string, string | number> = {}): string {
    const own = family === this.families[0] ? attributes : { "font-family": family.name, ...attributes };
    return Object.keys(own).length === 0 ? text : element("tspan", own, text);
  }

  /** Runs that are set each for itself, one after the other: the renderer loses a text of several fonts that join letters differently. */
  private apart(runs: readonly Run[], attributes: string): string {
    const read = (name: string): string | undefined => new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1];
    const [x, size] = [Number(read("x") ?? 0), Number(read("font-size") ?? defaultSize)];
    const style = {
      size: Number.isFinite(size) ? size : defaultSize,
      weight: Number(read("font-weight")) >= 600 ? (600 as const) : (400 as const),
    };
    const placed = inReadingOrder(runs).map((run) => ({ run, wide: this.width(run, style) }));
    const total = placed.reduce((sum, { wide }) => sum + wide, 0);
    let at = (Number.isFinite(x) ? x : 0) - { start: 0, middle: total / 2, end: total }[read("text-anchor") ?? "start"]!;
    return placed
      .map(({ run, wide }) => {
        const span = this.span(run, { x: at, "text-anchor": "start" });
        at += wide;
        return span;
      })
      .join("");
  }

  /** Pixels from its start to a little beyond its last mark. */
  private width({ text, family }: Run, style: TextStyle): number {
    const plain = unescaped(text);
    if (family === this.families[0] && isMeasured(plain, style)) return measure(plain, style);
    const { size } = style;
    const letters = text.trim();
    const key = `${family.name} ${size} ${text}`;
    if (!this.widths.has(key)) this.widths.set(key, letters === "" ? 0 : this.inkWidth(letters, family, size));
    return this.widths.get(key)! + (text.length - letters.length) * 0.25 * size;
  }

  private inkWidth(letters: string, family: FontFamily, size: number): number {
    const picture = element(
      "svg",
      { xmlns: "http://www.w3.org/2000/svg", width: Math.ceil(1.5 * size * (letters.length + 1)), height: 2 * size },
      element("text", { x: 0, y: 1.4 * size, "font-size": size, "font-family": family.name }, letters),
    );
    const { pixels, width, height } = this.draw(picture, [family]);
    let right = 0;
    for (let y = 0; y < height; y++)
      for (let column = width - 1; column > right; column--) if (pixels[4 * (y * width + column) + 3] > 0) right = column;
    return right + 1 + 0.06 * size;
  }

  private runs(text: string, missing: Set<string>): Run[] {
    const runs: Run[] = [];
    // an entity of XML is a letter of the first font
    for (const part of text.split(/(&[#\w]+;)/))
      for (const { segment } of part.startsWith("&") ? [{ segment: part }] : segmenter.segment(part)) {
        const family = this.familyOf(segment, missing);
        const last = runs.at(-1);
        // spaces between words of a script belong to it: one run is set in one direction
        if (last && (last.family === family || (last.family.rightToLeft && /^\s+$/.test(segment)))) last.text += segment;
        else runs.push({ text: segment, family });
      }
    return runs;
  }

  private familyOf(segment: string, missing: Set<string>): FontFamily {
    const letters = [...segment].filter((letter) => !isPlain(letter));
    for (const letter of letters) if (this.known.get(letter) === null) missing.add(letter);
    // a letter and its marks are set together, by the font that was asked last
    const ranks = letters.map((letter) => this.families.indexOf(this.known.get(letter) ?? this.families[0]));
    return this.families[Math.max(0, ...ranks)];
  }

  /** Letters that are asked about for the first time are drawn in each font, beside one that no font has. */
  private learn(letters: readonly string[]): void {
    let unknown = [...new Set(letters)].filter((letter) => !this.known.has(letter));
    for (const family of this.families) {
      if (unknown.length === 0) return;
      const drawn = this.shapes([...unknown, noLetter], family);
      const box = drawn.pop();
      unknown.forEach((letter, i) => drawn[i] !== box && this.known.set(letter, family));
      unknown = unknown.filter((letter) => !this.known.has(letter));
    }
    for (const letter of unknown) this.known.set(letter, null);
  }

  private shapes(letters: readonly string[], family: FontFamily): string[] {
    const texts = letters.map((letter, i) =>
      element(
        "text",
        { x: cell * (i % columns) + cell / 4, y: cell * Math.floor(i / columns) + 0.7 * cell, "font-size": cell / 2 },
        escapeXml(letter),
      ),
    );
    const size = { width: cell * columns, height: cell * Math.ceil(letters.length / columns) };
    const { pixels, width } = this.draw(
      element("svg", { xmlns: "http://www.w3.org/2000/svg", ...size, "font-family": family.name }, texts),
      [family],
    );
    return letters.map((_, i) => {
      let shape = "";
      for (let y = 0; y < cell; y++) {
        const from = 4 * ((Math.floor(i / columns) * cell + y) * width + (i % columns) * cell);
        shape += String(pixels.subarray(from, from + 4 * cell));
      }
      return shape;
    });
  }
}

/** of SVG, where a text says nothing */
const defaultSize = 16;

/** Neighbours that are written from right to left change places. */
function inReadingOrder(runs: readonly Run[]): Run[] {
  const ordered: Run[] = [];
  let from = 0;
  for (const run of runs) {
    if (!run.family.rightToLeft) from = ordered.length + 1;
    ordered.splice(run.family.rightToLeft ? from : ordered.length, 0, run);
  }
  return ordered;
}

const unescaped = (text: string): string => text.replace(/&(amp|lt|gt|quot|#\d+|#x[\da-f]+);/gi, "x");

const cell = 32;
const columns = 16;

/** Unicode keeps it free for ever: what is drawn in its place is drawn for all letters that a font lacks. */
const noLetter = "\u{10fffd}";

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** What every font has, or what has no shape of its own. */
const isPlain = (letter: string): boolean => /^[\u0020-\u007e\u00a0-\u00ff]$|[\p{Default_Ignorable_Code_Point}\p{C}\p{Z}]/u.test(letter);

/** Text that is drawn, as it stands in the markup; titles, descriptions and style sheets are not. */
function textsOf(svg: string): { start: number; end: number; text: string; attributes: string }[] {
  const texts: { start: number; end: number; text: string; attributes: string }[] = [];
  const open: string[] = [];
  let attributes = "";
  for (const { 0: token, 1: closing, 2: name, 3: empty, index } of svg.matchAll(/<(\/?)([\w:-]+)[^>]*?(\/?)>|[^<]+/g)) {
    if (name === undefined) {
      if (open.includes("text") && !["title", "desc", "style"].includes(open.at(-1)!))
        texts.push({ start: index, end: index + token.length, text: token, attributes });
    } else if (closing) open.splice(Math.max(0, open.lastIndexOf(name)));
    else if (!empty) {
      open.push(name);
      if (name === "text") attributes = token;
    }
  }
  return texts;
}
