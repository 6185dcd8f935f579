import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { root } from "../support/paths.ts";

const cuts: [RegExp, string][] = [
  [/train: \{ steps: \d+/, "validation: { windowsPerDomain: 8 },\n  train: { steps: 20"],
  [/\n {2}seeds: \d+,/, "\n  seeds: 1,"],
];

/** The gallery's first notebook with its own smoke budget written into the cell: 4 arms, 20 steps, one seed. */
export async function smokeNotebook(): Promise<string> {
  let text = await readFile(join(root, "experiments/gallery/balancing.md"), "utf8");
  expect(text).toContain("smoke: { train.steps: 20, validation.windowsPerDomain: 8, seeds: 1 }");
  for (const [pattern, replacement] of cuts) {
    expect(text).toMatch(pattern);
    text = text.replace(pattern, replacement);
  }
  return text;
}
