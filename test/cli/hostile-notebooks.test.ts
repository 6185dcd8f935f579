/** What `check` and `run` say of notebooks that are made to hang them, or that ask for something else each time. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bombs } from "../hostile/bombs.ts";
import { buildCli, switchyard } from "./bundle.ts";

let folder: string;
beforeAll(() => {
  buildCli();
  folder = mkdtempSync(join(tmpdir(), "hostile-"));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe("check", () => {
  test.each([
    ["prose: a list of 500 levels", "nested deeper than 32 levels"],
    ["prose: a line of 10 MB", "characters"],
    ["code: 5,000 parentheses", "nests too deeply"],
    ["code: async that may be a function", "within itself"],
    ["front matter: a billion laughs", "front matter"],
    ["cells: 5,000 of them", "cells"],
  ])("of “%s” ends with a sentence and exit code 2", async (name, why) => {
    const path = join(folder, `${name.replace(/\W/g, "-")}.md`);
    writeFileSync(path, bombs.get(name)!());
    const { code, stderr } = await switchyard(["check", path]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(why) });
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe("an experiment drawn by chance", () => {
  const source = (rate: string) => `---
switchyard: 1
title: Dice
---
\`\`\`ts {#dice}
import { experiment } from "switchyard";
export const dice = experiment("A rate drawn by chance", {
  model: { hiddenSize: 16, numHiddenLayers: 1, nRoutedExperts: 4, numExpertsPerTok: 1 },
  train: { steps: 4, batchSize: 2, seqLen: 16, optimizer: { lr: ${rate} } },
  validation: { windowsPerDomain: 2 }, seeds: 2,
});
\`\`\`
`;

  test("is the planned one, and the same again at the next run", async () => {
    const path = join(folder, "dice.md");
    writeFileSync(path, source("1e-3 + Math.random() * 1e-3 + (Date.now() % 7) * 1e-6"));
    for (let n = 0; n < 2; n++) {
      expect((await switchyard(["run", path, "--backend", "cpu"])).code).toBe(0);
      expect(readdirSync(join(folder, "dice.results/runs"))).toHaveLength(2);
    }
  }, 120_000);
});
