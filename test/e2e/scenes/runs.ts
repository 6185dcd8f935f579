import type { Page } from "playwright-core";
import { cell, openNotebook } from "../support/actions.ts";
import { drawnStudy, longerStudy } from "../support/showcase.ts";
import { press, trust, type Scene } from "./scene.ts";

async function train(page: Page): Promise<void> {
  await trust(page);
  await page.getByRole("button", { name: "Train 4 runs" }).click();
  await cell(page, "study").getByRole("button", { name: "Train again" }).waitFor();
}

/** What a cell draws itself with Plot, and the runs of all notebooks: empty, listed, searched, refused, compared. */
export const runs: Scene = async ({ page }, { shoot }) => {
  const toggle = () => page.keyboard.press("Control+Shift+f");
  await page.getByRole("heading", { name: "Switchyard" }).waitFor();
  await toggle();
  await page.getByText("No run has been kept yet").waitFor();
  await shoot("all-runs-empty", { themes: ["light"] });
  await toggle();

  await openNotebook(page, "drawing.md", drawnStudy);
  await train(page);
  const plot = cell(page, "plot");
  await plot.locator("figure svg[role=img]").waitFor();
  await shoot("plot", { at: plot });

  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.keyboard.press("Control+o")]);
  await chooser.setFiles({ name: "longer.md", mimeType: "text/markdown", buffer: Buffer.from(longerStudy) });
  await page.getByText("Nothing in this notebook runs by itself").waitFor();
  await train(page);
  await toggle();
  const counted = page.getByRole("region", { name: "All runs" }).getByRole("status");
  await counted.getByText("1 to 8 of 8 runs").waitFor();
  for (const run of ["plain, seed 1 of drawing.md", "plain, seed 1 of longer.md", "loss-free, seed 1 of longer.md"])
    await page.getByRole("checkbox", { name: `Choose ${run}`, exact: true }).check();
  await shoot("all-runs");

  const where = page.getByRole("searchbox", { name: "Where" });
  await where.fill("seed = 1 and train.steps >= 24");
  await counted.getByText("1 to 2 of 2 runs").waitFor();
  await page.setViewportSize({ width: 900, height: 800 });
  await shoot("all-runs-narrow", { themes: ["light"] });
  await page.setViewportSize({ width: 1360, height: 900 });
  await where.fill("seed = 1 and valLos < 2");
  await page.getByRole("alert").waitFor();
  await page.getByText("How to write a condition").click();
  await shoot("all-runs-where", { themes: ["light"] });
  await where.fill("");

  await press(page, "Compare 3 runs");
  const comparison = page.getByRole("region", { name: "Comparison of 3 runs" });
  await comparison.locator("figure svg").first().waitFor();
  await shoot("compare");
  await shoot("compare-settings", { at: page.getByRole("region", { name: "Settings and metrics" }), themes: ["light"] });
};
