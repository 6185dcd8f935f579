import { describe, expect, test } from "vitest";
import { cartesian, extentOf, type Axis } from "../../experiments/figures/axes.ts";
import { themeOf } from "../../experiments/figures/theme.ts";
import { tickText } from "../../experiments/figures/ticks.ts";
import { descendants, parseSvg } from "./svg-tree.ts";

const draw = (x: Partial<Axis>, y: Partial<Axis> = {}) =>
  cartesian({
    width: 400,
    height: 200,
    theme: themeOf("light"),
    draw: () => "",
    x: { domain: [0, 10], label: "x", ...x },
    y: { domain: [0, 1], label: "y", ...y },
  });
const texts = (markup: string) =>
  descendants(parseSvg(`<g>${markup}</g>`))
    .filter((tag) => tag.name === "text")
    .map((tag) => tag.text);

describe("ticks", () => {
  test("whose labels would touch are left out", () => {
    const shown = texts(draw({ ticks: [1, 1.01, 1.02, 9], format: String }).markup);
    expect(shown).toContain("1");
    expect(shown).toContain("9");
    expect(shown).not.toContain("1.01");
  });

  test.each([
    [
      [1e-3, 1],
      ["0.001", "0.01", "0.1", "1"],
    ],
    [
      [0.2, 30],
      ["0.2", "0.5", "1", "2", "5", "10", "20"],
    ],
    [
      [1.6, 1.9],
      ["1.60", "1.65", "1.70", "1.90"],
    ],
  ] as [[number, number], string[]][])("of a logarithmic axis over %o are round numbers", (domain, expected) => {
    const shown = texts(draw({ domain, log: true }).markup);
    for (const text of expected) expect(shown).toContain(text);
  });

  test("are short for large numbers and have a true minus", () => {
    expect([tickText(0), tickText(400), tickText(20_000), tickText(1.5e6), tickText(0.02), tickText(1e-7), tickText(-3)]).toEqual([
      "0",
      "400",
      "20 k",
      "1.5 M",
      "0.02",
      "1e−7",
      "−3",
    ]);
  });
});

describe("domains", () => {
  test("of one value, of none, and of values that a logarithm cannot take still have an extent", () => {
    for (const log of [false, true]) {
      for (const values of [[2], [], [NaN], [0, -1], [5, 5]]) {
        const { xScale } = draw({ domain: extentOf(values, { log }), log }).areas![0];
        expect(xScale.domain[0]).toBeLessThan(xScale.domain[1]);
        if (log) expect(xScale.domain[0]).toBeGreaterThan(0);
      }
    }
  });

  test("cover all finite values, with padding that a logarithm takes as a factor", () => {
    expect(extentOf([3, NaN, 1, Infinity, 2])).toEqual([1, 3]);
    expect(extentOf([1, 2], { pad: 0.5 })).toEqual([0.5, 2.5]);
    expect(extentOf([1, 100, -5, 0], { log: true, pad: 0.5 })).toEqual([0.1, 1000]);
    expect(extentOf([1], { include: [0, NaN] })).toEqual([0, 1]);
  });
});
