import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resultsFolder } from "../../experiments/runs/store/node/results-folder.ts";

test("notebooks of one name and several endings have a store each, and an old store stays where it is", () => {
  const folder = mkdtempSync(join(tmpdir(), "switchyard-stores-"));
  const names = ["a.md", "a.markdown", "a.ipynb", "a.MD", "b.md", "a.b.md"];
  const stores = names.map((name) => resultsFolder(join(folder, name)));
  expect(new Set(stores).size).toBe(names.length);
  expect(stores[0]).toBe(join(folder, "a.results"));
  mkdirSync(stores[0]);
  writeFileSync(join(stores[0], "manifest.json"), JSON.stringify({ notebook: "a.markdown" }));
  expect(resultsFolder(join(folder, "a.markdown"))).toBe(stores[0]);
  expect(resultsFolder(join(folder, "a.ipynb"))).toBe(join(folder, "a.ipynb.results"));
  rmSync(folder, { recursive: true });
});
