import { describe, expect, test } from "vitest";
import { drawFigure, figures } from "../../experiments/figures/registry.ts";
import { partsOf, totalOf } from "../../experiments/figures/architecture-parts.ts";
import { costOf } from "../../experiments/runs/cost/cost.ts";
import { defaultConfig } from "../../experiments/runs/spec/defaults.ts";
import type { RunConfig } from "../../engine/model/config.ts";
import { balancing, learningRates, mtp } from "./studies.ts";
import { parseSvg } from "./svg-tree.ts";

const studies = new Map([
  ["a", balancing],
  ["b", mtp],
]);
const frame = { width: 600, theme: "light" } as const;
const draw = (figure: string, options: Record<string, unknown> = {}, experiments = ["a"]) =>
  drawFigure({ figure, experiments, options }, studies, frame);

describe("a request that cannot be drawn says why", () => {
  test.each([
    ["nothing", {}, ["a"], /no figure "nothing"; there are curves, forest/],
    ["toString", {}, ["a"], /no figure "toString"/],
    ["curves", {}, [], /curves: no experiment was given/],
    ["curves", {}, ["zz"], /no result of experiment "zz" yet/],
    ["curves", { x: "hours" }, ["a"], /curves: option x is "hours", expected \("steps" \| "tokens" \| "seconds"\)/],
    ["curves", { colour: "red" }, ["a"], /curves: there is no option "colour"/],
    ["curves", { arms: ["nobody"] }, ["a"], /no arm "nobody".*its arms are "no balancing"/],
    ["expertLoad", { seed: -1 }, ["a"], /expertLoad: option seed/],
    ["sweep", { metric: "val loss" }, ["a"], /sweep: option metric/],
  ] as [string, Record<string, unknown>, string[], RegExp][])("%s with %o of %o", (figure, options, experiments, message) => {
    expect(() => draw(figure, options, experiments)).toThrow(message);
  });
});

test("default options are complete and are what an empty request means", () => {
  for (const [name, { defaultOptions }] of Object.entries(figures)) expect(draw(name).svg, name).toBe(draw(name, defaultOptions).svg);
});

test("several experiments stand below each other in one figure", () => {
  const both = draw("curves", {}, ["a", "b"]);
  expect(both.height).toBe(draw("curves", {}, ["a"]).height + draw("curves", {}, ["b"]).height);
  expect(parseSvg(both.svg).children.filter((tag) => tag.name === "svg")).toHaveLength(2);
  expect(both.areas).toHaveLength(4);
});

test("the theme auto draws with variables and paints no ground; the others are free of variables", () => {
  for (const name of Object.keys(figures)) {
    const auto = drawFigure({ figure: name, experiments: ["a"], options: {} }, studies, { width: 600, theme: "auto" });
    expect(auto.svg).toContain("var(--fig-ink,");
    expect(draw(name).svg).not.toContain("var(");
  }
});

test("the same data gives the same figure", () => {
  for (const name of Object.keys(figures)) expect(draw(name).svg).toBe(draw(name).svg);
});

test("a figure's data can be taken along: the curves' CSV has every point", () => {
  const lines = draw("curves").csv.trimEnd().split("\n");
  expect(lines[0]).toBe("arm,seed,metric,step,value,smoothed");
  expect(lines).toHaveLength(1 + 4 * 3 * (120 + 8));
});

test("the sweep finds the number that the arms differ in, and places each arm at its own", () => {
  const { title, csv } = figures.sweep.draw(learningRates, {}, frame);
  expect(title).toBe("Validation loss against train.optimizer.lr");
  expect(csv.split("\n")[1]).toMatch(/^lr 0.001,0.001,0,/);
});

test("the heat map shows the validation before a step, when asked for one", () => {
  expect(draw("expertLoad", { step: 50 }).csv).toContain(",0,45,1,1,");
});

describe("the parts of a model add up to what a run costs", () => {
  const configs: [string, (config: RunConfig) => void][] = [
    ["the default", () => {}],
    [
      "dense layers and two modules",
      ({ model }) => Object.assign(model, { numHiddenLayers: 5, firstKDenseReplace: 2, mtp: { ...model.mtp, depth: 2 } }),
    ],
    [
      "parallel heads, tied",
      ({ model }) => Object.assign(model, { tieWordEmbeddings: true, mtp: { ...model.mtp, depth: 3, heads: "parallel" } }),
    ],
    ["dense layers only, with a module", ({ model }) => Object.assign(model, { firstKDenseReplace: 2, mtp: { ...model.mtp, depth: 1 } })],
    ["grouped queries", ({ model }) => Object.assign(model, { attention: { kind: "gqa", numKeyValueHeads: 2, headDim: 16, ropeDim: 8 } })],
    ["a compressed query", ({ model }) => Object.assign(model.attention, { qLoraRank: 24 })],
  ];
  test.each(configs)("%s", (_, change) => {
    const config: RunConfig = structuredClone({ ...defaultConfig, train: { ...defaultConfig.train, evalEvery: 50 } });
    change(config);
    const total = totalOf(partsOf(config.model, config.train.seqLen));
    const cost = costOf(config);
    expect(total.params).toBe(cost.params);
    expect(total.activeParams).toBe(cost.activeParams);
    expect(3 * total.flops).toBeCloseTo(cost.flopsPerToken, 3);
  });

  test("the cache of latent attention is latent and rotary key, of plain attention all keys and values", () => {
    const { model } = defaultConfig;
    expect(totalOf(partsOf(model, 64)).cacheBytes).toBe(2 * (32 + 8) * 4);
    expect(totalOf(partsOf({ ...model, attention: { kind: "gqa", numKeyValueHeads: 4, headDim: 16, ropeDim: 8 } }, 64)).cacheBytes).toBe(
      2 * 2 * 4 * 16 * 4,
    );
  });
});
