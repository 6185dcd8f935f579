import { describe, expect, test } from "vitest";
import { armStyles } from "../../experiments/figures/arm-styles.ts";
import { colours, divergingSteps, themeOf, themeVariables } from "../../experiments/figures/theme.ts";
import type { RunConfig } from "../../engine/model/config.ts";
import { balancing, mtp } from "./studies.ts";

type Rgb = [number, number, number];

const linear = (hex: string): Rgb => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as Rgb;

/** WCAG 2.2 contrast ratio. */
function contrast(a: string, b: string): number {
  const [high, low] = [a, b].map((hex) => linear(hex)).map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b).sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

/** Machado, Oliveira & Fernandes 2009, severity 1. */
const vision: Record<string, number[][]> = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
};

function oklab(rgb: Rgb, matrix: number[][]): Rgb {
  const [r, g, b] = matrix.map((row) => Math.min(1, Math.max(0, row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2])));
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s, 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s];
}

describe.each(["light", "dark"] as const)("colours of the %s theme", (name) => {
  const theme = colours[name];
  // the app's own grounds, on which figures of theme "auto" stand
  const grounds = name === "light" ? [theme.ground, "#fdfcfa", "#ffffff"] : [theme.ground, "#17181b", "#1e2024"];

  test("text keeps AA contrast, 4.5 : 1, also on washes", () => {
    for (const ground of [...grounds, theme.wash]) for (const ink of [theme.ink, theme.inkSoft]) expect(contrast(ink, ground), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
  });

  test("series and rules keep 3 : 1 against the ground", () => {
    for (const ground of grounds) for (const colour of [...theme.series, theme.rule]) expect(contrast(colour, ground), `${colour} on ${ground}`).toBeGreaterThanOrEqual(3);
  });

  test.each(Object.keys(vision))("no two series look alike to %s eyes", (eyes) => {
    const seen = theme.series.map((colour) => oklab(linear(colour), vision[eyes]));
    // 0.1 in OKLab is about five just noticeable differences
    seen.forEach((a, i) => seen.slice(i + 1).forEach((b) => expect(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])).toBeGreaterThan(0.1)));
  });
});

test("the variables of a theme give every colour that an adaptive figure reads", () => {
  const auto = themeOf("auto");
  const used = [auto.ink, auto.inkSoft, auto.grid, auto.rule, auto.wash, auto.ground, ...auto.series, ...Array.from({ length: 2 * divergingSteps + 1 }, (_, i) => auto.diverging(i / divergingSteps - 1))];
  for (const name of ["light", "dark"] as const) {
    const declared = new Map(themeVariables(name).split(";").map((pair) => pair.split(":") as [string, string]));
    for (const colour of used) expect(declared.get(/^var\((--[\w-]+),#[0-9a-f]{6}\)$/.exec(colour)![1])).toMatch(/^#[0-9a-f]{6}$/);
  }
});

describe("an arm's colour", () => {
  const arms = balancing.arms;

  test("does not depend on the order of the arms", () => {
    const forth = armStyles(arms);
    const back = armStyles([...arms].reverse());
    for (const arm of arms) expect(back.get(arm.name)).toEqual(forth.get(arm.name));
  });

  test("belongs to the definition, not to the name or the study", () => {
    const alone = armStyles([{ name: "another name", config: mtp.arms[1].config }]);
    const again = armStyles([{ name: "x", config: JSON.parse(JSON.stringify(mtp.arms[1].config)) as RunConfig }]);
    expect(alone.get("another name")).toEqual(again.get("x"));
  });

  test("is its own among the arms of a study, up to as many as there are colours; then dashes tell them apart", () => {
    const many = Array.from({ length: 20 }, (_, i) => ({ name: `arm ${i}`, config: { seed: i } as unknown as RunConfig }));
    for (const count of [2, 8, 20]) {
      const styles = [...armStyles(many.slice(0, count)).values()];
      expect(new Set(styles.map(({ colour, round }) => `${colour} ${round}`)).size).toBe(count);
      if (count <= 8) expect(styles.every(({ round }) => round === 0)).toBe(true);
    }
  });
});
