import { expect, test } from "vitest";
import { drawFigure, figures } from "../../experiments/figures/registry.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import { expectGolden } from "./goldens.ts";
import { balancing, learningRates, mtp } from "./studies.ts";

const studies = new Map<string, ExperimentResult>([
  ["balancing", balancing],
  ["mtp", mtp],
  ["rates", learningRates],
]);
const gallery: [name: string, experiment: string, options?: Record<string, unknown>][] = [
  ["curves", "balancing"],
  ["forest", "balancing"],
  ["tradeOff", "balancing"],
  ["expertLoad", "balancing"],
  ["loadOverTime", "balancing"],
  ["specialisation", "balancing"],
  ["comparisonTable", "balancing"],
  ["mtpAcceptance", "mtp"],
  ["sweep", "rates"],
  ["architecture", "mtp", { arms: ["depth 1"] }],
  [
    "conclusion",
    "balancing",
    {
      claims: [
        {
          claim: "A bias balances the load",
          paper: "the loss-free arm balances better (arXiv 2408.15664, Table 2)",
          metric: "maxVioGlobal",
          arm: "loss-free",
          expect: "lower",
          factor: 0.25,
        },
        {
          claim: "A sequence-wise loss costs quality",
          metric: "valLoss",
          arm: "sequence-wise loss",
          than: "batch-wise loss",
          expect: "higher",
        },
        { claim: "The loss stays where it was", metric: "valLoss", arm: "loss-free", expect: "same", within: 0.01 },
        { claim: "Nobody trained this", metric: "valLoss", arm: "another", expect: "lower" },
      ],
    },
  ],
];

test.each(gallery)("%s of %s looks as it did", (figure, experiment, options = {}) => {
  for (const theme of ["light", "dark"] as const)
    expectGolden(`${figure}-${theme}`, drawFigure({ figure, experiments: [experiment], options }, studies, { width: 720, theme }).svg);
});

test("the gallery has every figure there is", () => {
  expect(gallery.map(([name]) => name).sort()).toEqual(Object.keys(figures).sort());
});
