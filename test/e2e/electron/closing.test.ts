import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ElectronApplication, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cell } from "../support/actions.ts";
import { answer, questions, start } from "../support/electron.ts";
import { smallStudy } from "../support/notebooks.ts";

const longStudy = smallStudy.replace("steps: 12", "steps: 20000").replace("evalEvery: 6", "evalEvery: 5000");

describe("closing the window while runs train", () => {
  let folder: string;
  let file: string;
  let app: ElectronApplication;
  let page: Page;
  const close = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0].close());
  /** steps of the run that trains, once it has made `least` */
  const steps = async (least: number): Promise<number> => {
    const bar = cell(page, "study")
      .getByRole("progressbar", { name: /running, step/ })
      .first();
    await expect
      .poll(async () => Number(await bar.getAttribute("aria-valuenow")), { timeout: 60_000, interval: 20 })
      .toBeGreaterThanOrEqual(least);
    return Number(await bar.getAttribute("aria-valuenow"));
  };
  let before: number;
  const stored = async () => (await readdir(join(folder, "long.results"), { recursive: true })).map((path) => path.replace(/.*[\\/]/, ""));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "switchyard-e2e-"));
    file = join(folder, "long.md");
    await writeFile(file, longStudy);
    ({ app, page } = await start(join(folder, "user"), file));
    await page.getByRole("button", { name: "Trust and run its views" }).click();
    await page.getByRole("button", { name: "Train 4 runs" }).click();
    await page
      .getByText(/tokens\/s/)
      .first()
      .waitFor();
  });
  afterAll(async () => {
    await app.evaluate(({ app: electron }) => electron.exit(0)).catch(() => {});
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }); // the app still writes while it goes
  });

  it("asks once, and goes on training when the answer is Cancel", async () => {
    await answer(app, 1);
    await close();
    await page.waitForTimeout(500);
    expect(await cell(page, "study").getByText("training…").isVisible()).toBe(true);
    expect(await questions(app)).toBe(1);
  });

  it("keeps a checkpoint and closes otherwise", async () => {
    before = await steps(2000);
    await answer(app, 0);
    const closed = app.waitForEvent("close");
    await close();
    await closed;
    expect((await stored()).some((name) => name.startsWith("checkpoint"))).toBe(true);
    expect(await stored()).not.toContain("result.json");
  });

  it("goes on from the checkpoint next time", async () => {
    ({ app, page } = await start(join(folder, "user"), file));
    await page.getByRole("button", { name: "Trust and run its views" }).click();
    await page.getByRole("button", { name: "Train 4 runs" }).click();
    // The first number shown after the start: from nothing it would be a handful of steps.
    expect(await steps(1)).toBeGreaterThanOrEqual(before);
    await cell(page, "study").getByRole("button", { name: "Stop", exact: true }).click();
    await cell(page, "study").getByText("training…").waitFor({ state: "detached" });
  });
});
