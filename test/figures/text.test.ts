import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { elide, measure, wrap, type Weight } from "../../experiments/figures/text.ts";
import { widths } from "../../experiments/figures/text-widths.ts";
import { element, escapeXml } from "../../experiments/figures/svg.ts";

const style = { size: 12 };
const words = fc.string({ unit: fc.constantFrom(..."abcdefghijklmnop ,.-WMil\u00e9\u03b3"), maxLength: 80 });

describe("widths", () => {
  const { resolve } = createRequire(import.meta.url);
  beforeAll(() => initWasm(readFileSync(resolve("@resvg/resvg-wasm/index_bg.wasm"))));

  test.each([400, 600] as const)("of weight %i are the renderer's, but for kerning", (weight: Weight) => {
    const fontBuffers = ["latin", "greek", "latin-ext"].map(
      (subset) => new Uint8Array(readFileSync(resolve(`@fontsource/inter/files/inter-${subset}-${weight}-normal.woff2`))),
    );
    const size = 1000;
    const inkWidth = (text: string) => {
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9000" height="2000"><text x="0" y="1200" font-family="Inter" font-weight="${weight}" font-size="${size}">${escapeXml(text)}</text></svg>`;
      const resvg = new Resvg(svg, { font: { loadSystemFonts: false, fontBuffers, defaultFontFamily: "Inter" } });
      const { width } = resvg.getBBox()!;
      resvg.free();
      return width;
    };
    const bars = inkWidth("||");
    for (const character of ["a", "m", "W", "i", "0", "7", "−", "±", "×", "…", "“", "%", "é", "γ", "α", "š"]) {
      // advance = what a letter between two upright bars adds; kerning beside a bar stays under 2 % of an em
      expect(Math.abs(inkWidth(`|${character}|`) - bars - measure(character, { size, weight })), character).toBeLessThan(20);
    }
  });

  test("are known for everything that figures write themselves", () => {
    for (const character of "0123456789−+.,%±×·…–—“”‘’¼½[]()/ δγαλ")
      for (const weight of [400, 600] as const) expect(widths[weight].has(character), character).toBe(true);
  });
});

describe("text of other scripts", () => {
  const em = style.size;

  test("counts an emoji once, however many code points it takes", () => {
    expect(measure("👩‍👩‍👧‍👦", style)).toBe(measure("🚆", style));
    expect(measure("🇺🇳", style)).toBe(measure("🚆", style));
  });

  test("counts ideographs as an em, and marks, joiners and direction signs as nothing", () => {
    expect(measure("专家", style)).toBeCloseTo(2 * em, 9);
    expect(measure("ש\u05c1", style)).toBe(measure("ש", style));
    expect(measure("\u202eab\u202c", style)).toBe(measure("ab", style));
  });

  test("is never elided within what a reader sees as one character", () => {
    const family = "👩‍👩‍👧‍👦";
    for (let width = 20; width < 200; width += 7) expect(elide(family.repeat(9), width, style).replaceAll(family, "")).toMatch(/^…?$/);
  });
});

describe("text that fits", () => {
  test("an elided text is no wider than asked and keeps beginning and end", () => {
    expect(elide("a remedy with a long name, no. 7", 120, style)).toMatch(/^a rem.*…no\. 7$|^a rem.*….*7$/);
    fc.assert(
      fc.property(
        words,
        fc.integer({ min: 20, max: 300 }),
        (text, width) => void expect(measure(elide(text, width, style), style)).toBeLessThanOrEqual(width),
      ),
    );
  });

  test("wrapped lines are no wider than asked, no more than allowed, and lose no word that fits", () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 60, max: 400 }), fc.integer({ min: 1, max: 4 }), (text, width, most) => {
        const lines = wrap(text, width, style, most);
        expect(lines.length).toBeLessThanOrEqual(most);
        for (const line of lines) expect(measure(line, style)).toBeLessThanOrEqual(width);
        const all = wrap(text, width, style);
        if (!all.some((line) => line.includes("…"))) expect(all.join(" ")).toBe(text.split(/\s+/).filter(Boolean).join(" "));
      }),
    );
  });

  test("a number and its % stay together", () => {
    expect(wrap("with 80 % power", measure("with 80", style) + 1, style)).toEqual(["with", "80 %", "power"]);
  });
});

describe("the SVG writer", () => {
  test("leaves out the signs with which a name could turn the text around it", () => {
    expect(escapeXml("\u202emirrored\u202c \u2067x\u2069 שלום")).toBe("mirrored x שלום");
  });

  test("escapes text and attributes, and leaves out what XML cannot hold", () => {
    expect(element("text", { "data-arm": `a"<&` }, escapeXml("<b> & \u0001\ud800x\u{1f686}"))).toBe(
      `<text data-arm="a&quot;&lt;&amp;">&lt;b&gt; &amp; x\u{1f686}</text>`,
    );
  });

  test("throws on a number that is not finite rather than draw it", () => {
    expect(() => element("rect", { x: NaN })).toThrow("rect.x is NaN");
  });

  test("rounds to hundredths and has no negative zero", () => {
    expect(element("rect", { x: 1.23456, y: -0.0001, fill: null })).toBe('<rect x="1.23" y="0"/>');
  });
});
