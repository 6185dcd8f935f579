import type { ElectronApplication, Page } from "playwright-core";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { start } from "../support/electron.ts";
import { smallStudy } from "../support/notebooks.ts";

/** Trains for long enough to be looked at and away from. */
const longStudy = smallStudy.replace("steps: 12", "steps: 4000").replace("evalEvery: 6", "evalEvery: 4000").replace("seeds: 2", "seeds: 8");
const cores = availableParallelism();

describe.skipIf(cores < 2 || cores > 8)("the core that is kept for the windows", () => {
  let folder: string;
  let app: ElectronApplication;
  let page: Page;
  const running = async () => Number(/(\d+) running/.exec(await page.locator("footer").last().innerText())?.[1] ?? 0);
  const all = (method: "hide" | "show") =>
    app.evaluate(({ BrowserWindow }, name) => BrowserWindow.getAllWindows().forEach((window) => window[name]()), method);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "switchyard-e2e-"));
    await writeFile(join(folder, "long.md"), longStudy);
    ({ app, page } = await start(join(folder, "user"), join(folder, "long.md")));
    await page.getByRole("button", { name: "Trust and run its views" }).click();
    await page.getByRole("button", { name: "Train 16 runs" }).click();
  });
  afterAll(async () => {
    await app.evaluate(({ app: electron }) => electron.exit(0)).catch(() => {});
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });

  it("trains nothing while somebody can see them", async () => {
    await expect.poll(running, { timeout: 30_000 }).toBe(cores - 1);
  });

  it("trains too while nobody can, and is given back afterwards", async () => {
    await all("hide");
    await expect.poll(running, { timeout: 30_000 }).toBe(cores);
    await all("show");
    await expect.poll(running, { timeout: 60_000 }).toBe(cores - 1); // the run that has it goes on to its end
  });
});
