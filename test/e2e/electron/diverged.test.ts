import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ElectronApplication, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cell } from "../support/actions.ts";
import { start } from "../support/electron.ts";
import { smallStudy } from "../support/notebooks.ts";

const diverging = smallStudy.replace("steps: 12", "steps: 30, optimizer: { lr: 1e6 }").replace("seeds: 2", "seeds: 1");

let folder: string;
let app: ElectronApplication;
let page: Page;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-e2e-"));
  await writeFile(join(folder, "diverging.md"), diverging);
  ({ app, page } = await start(join(folder, "user"), join(folder, "diverging.md")));
});
afterAll(async () => {
  await app.evaluate(({ app: electron }) => electron.exit(0)).catch(() => {});
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

it("a run that diverges is told as one, with the step it happened at", async () => {
  await page.getByRole("button", { name: "Trust and run its views" }).click();
  await page.getByRole("button", { name: /^Train \d runs?$/ }).click();
  await cell(page, "study")
    .getByText(/diverged at step \d+/)
    .first()
    .waitFor({ state: "attached", timeout: 90_000 });
  const runs = join(folder, "diverging.results/runs");
  const statuses = async () =>
    Promise.all(
      (await readdir(runs)).map(
        async (run) => (JSON.parse(await readFile(join(runs, run, "result.json"), "utf8")) as { status: string }).status,
      ),
    );
  await expect.poll(() => statuses().catch(() => []), { timeout: 60_000 }).toEqual(["diverged", "diverged"]);
  expect(await page.getByText(/could not be saved|Invalid type/).count()).toBe(0);
});
