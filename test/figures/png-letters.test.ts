import { beforeAll, describe, expect, test } from "vitest";
import { nodePngRenderer } from "../../experiments/figures/node/png.ts";
import type { PngRenderer } from "../../experiments/figures/png.ts";
import { figures } from "../../experiments/figures/registry.ts";
import { element, escapeXml } from "../../experiments/figures/svg.ts";
import { fontFamily, label } from "../../experiments/figures/text.ts";
import { makeStudy } from "./fixtures.ts";

let renderer: PngRenderer;
beforeAll(async () => void (renderer = await nodePngRenderer()));

const picture = (text: string) =>
  element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", width: 600, height: 40, "font-family": fontFamily },
    label(text, 10, 26, { size: 18, fill: "#000" }),
  );

describe("letters in a PNG", () => {
  test.each([
    ["superscripts and subscripts", "10⁻³ x⁺² ⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ H₂O ₀₁₂₃₄₅₆₇₈₉₊₋"],
    ["signs of mathematics", "−±×÷∑∏∫√∞≈≠≤≥∈∀∃∂∇⊗⊕∅∪∩⊂⊆∝∼ℝℕℓ"],
    ["arrows", "→←↑↓↔⇒⇔↦"],
    ["Greek", "αβγδεζηθικλμνξοπρστυφχψω ΑΩ ά ϵ"],
    ["Cyrillic", "Привет, Україна ґ"],
    ["Latin of many languages", "ąčđęğłňőřșţůÿž ệ ữ ħ þ ß"],
    ["money and typography", "€£¥₿₫ “”„‘’–—…•†‡§¶‰⅓½№™"],
    ["Hebrew", "עברית"],
    ["Arabic", "العربية بدون موازنة"],
    ["emoji", "🚀👍🏽👩‍👩‍👧‍👦🇺🇳❤️1️⃣✓✗★"],
    ["marks over letters", "x\u0302 e\u0301"],
  ])("are there for %s", (_, text) => expect(renderer.missing(picture(text))).toEqual([]));

  test("that no font has are named, and only those", () => {
    expect(renderer.missing(picture("专家 and 家, ไ; plain"))).toEqual(["专", "家", "ไ"]);
    expect(renderer.missing(picture(""))).toEqual([]);
    const study = makeStudy({ arms: [{ name: "专家" }, { name: "lr 10⁻³" }], steps: 4, evals: 1 });
    expect(renderer.missing(figures.curves.draw(study, {}, { width: 600, theme: "light" }).svg)).toEqual(["专", "家"]);
  });

  test("in titles and descriptions, which are not drawn, are not asked for", () => {
    expect(
      renderer.missing('<svg xmlns="http://www.w3.org/2000/svg"><title>专</title><desc>家</desc><text><title>专</title>a</text></svg>'),
    ).toEqual([]);
  });

  test("are all drawn where scripts are mixed in one text", () => {
    const size = (text: string) => renderer.render(picture(text)).length;
    const nothing = size(" ");
    for (const text of ["a العربية b", "עברית a العربية", "lr 10⁻³ 👩‍👩‍👧‍👦 end", "a 🇺🇳 b", "x\u0302 ∈ ℝ ⟂ e\u0301"])
      expect(size(text), text).toBeGreaterThan(nothing + 200);
  });

  test("of a plain figure are drawn as they were: no font is named and no letter placed", () => {
    const { svg } = figures.forest.draw(
      makeStudy({ arms: [{ name: "a" }, { name: "b" }], steps: 4, evals: 1 }),
      {},
      { width: 500, theme: "light" },
    );
    const escaped = picture(escapeXml("a & b"));
    expect([renderer.missing(svg), renderer.missing(escaped)]).toEqual([[], []]);
  });
});
