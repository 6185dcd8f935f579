import { describe, expect, test } from "vitest";
import type { View } from "../../experiments/figures/figure.ts";
import { figures } from "../../experiments/figures/registry.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import { balancing, learningRates, mtp } from "./studies.ts";
import { descendants, parseSvg, type Tag } from "./svg-tree.ts";

const frame = (view?: View) => ({ width: 720, theme: "light" as const, view });
const draw = (figure: string, study: ExperimentResult, view?: View, options: unknown = {}) =>
  figures[figure].draw(study, options, frame(view));
const tagsOf = (svg: string): Tag[] => descendants(parseSvg(svg));
/** Marks of an arm, without its entry in the legend. */
const marks = (svg: string, arm: string) =>
  tagsOf(svg).filter(
    (tag) =>
      tag.name === "g" && tag.attributes["data-arm"] === arm && !tag.children.some((child) => child.attributes["data-role"] === "legend"),
  );
const texts = (svg: string) =>
  tagsOf(svg)
    .filter(({ name }) => name === "text")
    .map(({ text }) => text);

describe("an arm that is hidden", () => {
  const withLegend: [string, ExperimentResult, string][] = [
    ["curves", balancing, "loss-free"],
    ["loadOverTime", balancing, "loss-free"],
    ["tradeOff", balancing, "loss-free"],
    ["mtpAcceptance", mtp, "depth 2"],
    ["sweep", learningRates, "lr 0.01"],
  ];

  test.each(withLegend)("is not drawn by %s, is struck out in its legend, and is named below", (figure, study, arm) => {
    const whole = draw(figure, study);
    expect(marks(whole.svg, arm).length).toBeGreaterThan(0);
    const { svg, legend } = draw(figure, study, { hidden: [arm], zoom: null });
    expect(marks(svg, arm)).toEqual([]);
    expect(legend.filter(({ hidden }) => hidden).map(({ arm }) => arm)).toEqual([arm]);
    expect(
      tagsOf(svg)
        .filter((tag) => tag.attributes["text-decoration"] === "line-through")
        .map(({ text }) => text),
    ).toEqual([arm]);
    expect(texts(svg)).toContain(`Hidden: “${arm}”.`);
  });

  test.each(withLegend)("of %s may be the last: the figure says so", (figure, study) => {
    const { svg, areas } = draw(figure, study, { hidden: study.arms.map(({ name }) => name), zoom: null });
    expect(areas).toEqual([]);
    expect(texts(svg).join(" ")).toMatch(/hidden/);
  });

  test("leaves the others their colours and gives them its room", () => {
    const view = { hidden: ["no balancing"], zoom: null };
    const stroke = (svg: string) => marks(svg, "loss-free")[0].children.at(-1)!.attributes.stroke;
    expect(stroke(draw("loadOverTime", balancing, view).svg)).toBe(stroke(draw("loadOverTime", balancing).svg));
    const highest = (one?: View) => draw("tradeOff", balancing, one).areas[0].xScale.domain[1];
    expect(highest(view)).toBeLessThan(highest());
  });
});

describe("a part of the axis", () => {
  const zoom = { axis: "steps", from: 60, to: 90 };

  test("is what is drawn, with ticks of its own and the values in it", () => {
    const whole = draw("curves", balancing).areas[0];
    const [area] = draw("curves", balancing, { hidden: [], zoom }).areas;
    expect(area.xScale.domain).toEqual([60, 90]);
    expect(area.whole).toEqual(whole.xScale.domain);
    // the steep beginning is outside: what is left has the height
    expect(area.yScale.domain[1]).toBeLessThan(whole.yScale.domain[1] / 2);
    expect(texts(draw("curves", balancing, { hidden: [], zoom }).svg)).toContain("A part of the axis: steps from 60 to 90.");
  });

  test("draws lines up to its edges: a point beyond each is kept, and no more", () => {
    const { svg } = draw("curves", balancing, { hidden: [], zoom }, { metrics: ["trainLoss"], smoothing: 0 });
    const path = marks(svg, "loss-free")[0].children.find((tag) => tag.attributes["stroke-width"] === "2")!;
    // M and one l for each step from 59 to 91
    expect(path.attributes.d.match(/[Ml]/g)).toHaveLength(33);
  });

  test("of another axis changes nothing", () => {
    expect(draw("curves", balancing, { hidden: [], zoom: { ...zoom, axis: "tokens" } }).svg).toBe(draw("curves", balancing).svg);
    expect(draw("tradeOff", balancing, { hidden: [], zoom }).svg).toBe(draw("tradeOff", balancing).svg);
  });

  test("without values says so", () => {
    expect(texts(draw("curves", balancing, { hidden: [], zoom: { axis: "steps", from: 500, to: 600 } }).svg).join(" ")).toContain(
      "no values in this part of the axis",
    );
  });
});
