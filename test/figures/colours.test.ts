import { describe, expect, test } from "vitest";
import {
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  parse,
  wcagContrast,
  type Color,
} from "culori";
import { armStyles } from "../../experiments/figures/arm-styles.ts";
import { colours, divergingSteps, themeOf, themeVariables } from "../../experiments/figures/theme.ts";
import type { RunConfig } from "../../engine/model/config.ts";
import { figures } from "../../experiments/figures/registry.ts";
import { measure, type Weight } from "../../experiments/figures/text.ts";
import { awkward, balancing, mtp } from "./studies.ts";
import { parseSvg, rectBoxes, textBoxes } from "./svg-tree.ts";

const queued = awkward["nothing has run"]();

/** Severity 1 of the model of Machado, Oliveira & Fernandes 2009. */
const eyes: Record<string, (colour: string) => Color> = {
  normal: (colour) => parse(colour)!,
  protanopic: (colour) => filterDeficiencyProt(1)(parse(colour)!),
  deuteranopic: (colour) => filterDeficiencyDeuter(1)(parse(colour)!),
  tritanopic: (colour) => filterDeficiencyTrit(1)(parse(colour)!),
};

/** CIEDE2000. Above 5 an observer sees two different colours (Mokrzycki & Tatol 2011). */
const difference = differenceCiede2000();

describe.each(["light", "dark"] as const)("colours of the %s theme", (name) => {
  const theme = colours[name];
  // the app's own grounds, on which figures of theme "auto" stand
  const grounds = name === "light" ? [theme.ground, "#fdfcfa", "#ffffff"] : [theme.ground, "#17181b", "#1e2024"];

  test("text keeps AA contrast, 4.5 : 1, also on washes", () => {
    for (const ground of [...grounds, theme.wash])
      for (const ink of [theme.ink, theme.inkSoft]) expect(wcagContrast(ink, ground), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
  });

  test("series and rules keep 3 : 1 against the ground", () => {
    for (const ground of grounds)
      for (const colour of [...theme.series, theme.rule])
        expect(wcagContrast(colour, ground), `${colour} on ${ground}`).toBeGreaterThanOrEqual(3);
  });

  test.each(Object.keys(eyes))("no two series look alike to %s eyes", (kind) => {
    const least = kind === "normal" ? 10 : 5;
    const seen = theme.series.map(eyes[kind]);
    seen.forEach((a, i) =>
      seen
        .slice(i + 1)
        .forEach((b, j) => expect(difference(a, b), `${theme.series[i]} and ${theme.series[i + 1 + j]}`).toBeGreaterThan(least)),
    );
  });

  test.each(Object.keys(eyes))(
    "more and less than the fair share are told apart by %s eyes, and more of either is further from even",
    (kind) => {
      const at = (t: number) => eyes[kind](themeOf(name).diverging(t));
      for (let step = 1; step <= divergingSteps; step++) {
        const t = step / divergingSteps;
        if (t >= 0.25) expect(difference(at(t), at(-t)), `±${t}`).toBeGreaterThan(5);
        for (const sign of [-1, 1])
          expect(difference(at(sign * t), at(0)), String(sign * t)).toBeGreaterThan(difference(at(sign * (t - 1 / divergingSteps)), at(0)));
      }
    },
  );

  test("every text of every figure keeps AA contrast with what lies under it", () => {
    for (const [figure, study] of Object.keys(figures).flatMap((figure) =>
      [balancing, mtp, queued].map((study) => [figure, study] as const),
    )) {
      const root = parseSvg(
        figures[figure].draw(study, {}, { width: 500, theme: name, view: { hidden: [study.arms[1].name], zoom: null } }).svg,
      );
      const rects = rectBoxes(root).filter(({ tag }) => tag.attributes.fill !== "none");
      for (const box of textBoxes(root, (text, size, weight) => measure(text, { size, weight: weight as Weight }))) {
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        const under = rects.findLast((rect) => rect.x <= x && x <= rect.x + rect.width && rect.y <= y && y <= rect.y + rect.height)!;
        expect(wcagContrast(box.tag.attributes.fill, under.tag.attributes.fill), `${figure}: "${box.text}"`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });
});

test("the variables of a theme give every colour that an adaptive figure reads", () => {
  const auto = themeOf("auto");
  const used = [
    auto.ink,
    auto.inkSoft,
    auto.grid,
    auto.rule,
    auto.wash,
    auto.ground,
    ...auto.series,
    ...Array.from({ length: 2 * divergingSteps + 1 }, (_, i) => auto.diverging(i / divergingSteps - 1)),
  ];
  for (const name of ["light", "dark"] as const) {
    const declared = new Map(
      themeVariables(name)
        .split(";")
        .map((pair) => pair.split(":") as [string, string]),
    );
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
