/** HTML elements laid out as one SVG, on this side of the sandbox: the same code with the document handed to Plot. */
import * as Plot from "@observablehq/plot";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { document } from "../../experiments/api/libraries/environment.ts";
import { EnglishFormats } from "../../experiments/api/libraries/english-formats.ts";
import { drawingOf } from "../../experiments/api/libraries/main.ts";
import { cleanSvg } from "../../experiments/figures/drawn/clean-svg.ts";
import { measure } from "../../experiments/figures/text.ts";
import { parseSvg, type Tag } from "../figures/svg-tree.ts";

const number = (tag: Tag, name: string): number => Number(tag.attributes[name]);

interface Box {
  what: string;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Boxes of what stands at the top level: a text from its ascenders to its descenders, a drawing as large as it is. */
const boxesOf = (root: Tag): Box[] =>
  root.children.flatMap((tag) => {
    const [x, y] = [number(tag, "x"), number(tag, "y")];
    if (tag.name === "svg")
      return [{ what: "drawing", left: x, right: x + number(tag, "width"), top: y, bottom: y + number(tag, "height") }];
    if (tag.name !== "text") return [];
    const size = number(tag, "font-size");
    const width = measure(tag.text, { size, weight: tag.attributes["font-weight"] === "600" ? 600 : 400 });
    return [{ what: tag.text, left: x, right: x + width, top: y - 0.73 * size, bottom: y + 0.2 * size }];
  });

const slack = 0.01; // coordinates are rounded
const overlap = (a: Box, b: Box): boolean =>
  Math.min(a.right, b.right) - Math.max(a.left, b.left) > slack && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > slack;

const word = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }),
  fc.constantFrom("loss-free", "sequence-wise", "<b>&", "🧑‍🔬", "عربية", "W".repeat(80)),
);
const phrase = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join(" "));

describe("a figure of Plot as one SVG", () => {
  test("whatever its texts: nothing overlaps, nothing leaves it, every arm is in the legend", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(phrase, { minLength: 1, maxLength: 9, selector: (name) => name.trim() }),
        fc.option(phrase),
        fc.option(phrase),
        fc.option(phrase),
        fc.integer({ min: 80, max: 900 }),
        (names, title, subtitle, caption, width) => {
          const rows = names.map((arm, i) => ({ arm, x: i, y: i % 2 }));
          const figure = Plot.plot({
            document,
            width,
            ...(title !== null && { title }),
            ...(subtitle !== null && { subtitle }),
            ...(caption !== null && { caption }),
            color: { legend: true, domain: names },
            marks: [Plot.dot(rows, { x: "x", y: "y", fill: "arm" })],
          });
          const { svg } = drawingOf(figure) as { svg: string };
          const drawn = cleanSvg(svg);
          const boxes = boxesOf(parseSvg(drawn.svg));
          expect(boxes.filter(({ what }) => what === "drawing")).toHaveLength(names.length + 1);
          for (const box of boxes) {
            expect([box.what, box.left >= 0, box.top >= 0, box.bottom <= drawn.height + slack]).toEqual([box.what, true, true, true]);
            expect(box.right, box.what).toBeLessThanOrEqual(drawn.width + slack);
          }
          boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => expect(overlap(a, b) ? [a.what, b.what] : []).toEqual([])));
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);
});

describe("formats in English", () => {
  test("numbers are those of Intl", () => {
    const [own, real] = [new EnglishFormats.NumberFormat(), new Intl.NumberFormat("en-US")];
    fc.assert(
      fc.property(
        fc.oneof(
          fc.integer(),
          fc.double({ min: -1e15, max: 1e15, noNaN: true }).map((value) => Math.round(value * 1000) / 1000),
        ),
        (value) => {
          expect(own.format(value)).toBe(real.format(value));
        },
      ),
    );
    for (const value of [NaN, Infinity, -Infinity, 1e21, 123n]) expect(own.format(value)).toBe(real.format(value));
  });

  test.each([
    { month: "short" },
    { month: "long" },
    { month: "narrow" },
    { month: "numeric" },
    { month: "2-digit" },
    { weekday: "short" },
    { weekday: "long" },
    { weekday: "narrow" },
    {},
  ] as const)("dates with %j are those of Intl", (options) => {
    const [own, real] = [
      new EnglishFormats.DateTimeFormat("en-US", options),
      new Intl.DateTimeFormat("en-US", { ...options, timeZone: "UTC" }),
    ];
    for (let day = 0; day < 366; day += 13) expect(own.format(Date.UTC(2024, 0, 1 + day))).toBe(real.format(Date.UTC(2024, 0, 1 + day)));
  });

  test("characters are those that a reader sees", () => {
    const own = new EnglishFormats.Segmenter();
    const real = new Intl.Segmenter("en", { granularity: "grapheme" });
    for (const text of ["loss", "e\u0301te\u0301", "🧑‍🔬 lab", "👍🏽!", "🇩🇪🇫🇷", "عربية", "a\r\nb", ""])
      expect([...own.segment(text)].map(({ segment }) => segment)).toEqual([...real.segment(text)].map(({ segment }) => segment));
  });
});
