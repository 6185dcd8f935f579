/** Notebooks of the gallery with the results that ship with them: every view of a finished study. */
import { cell, retype } from "../support/actions.ts";
import { pointAt, pointNowhere, press, type Scene } from "./scene.ts";

export const gallery: Scene = async ({ page }, { shoot }) => {
  await press(page, "Open Does an auxiliary loss cost quality?");
  const balancing = cell(page, "balancing");
  const panel = balancing.locator(".panel");
  await panel.locator(".words p").first().waitFor();
  await cell(page, "conclusion").getByRole("region").first().waitFor();
  await shoot("opened", { themes: ["light"] });

  const show = async (tab: string) => {
    await panel.getByRole("tab", { name: tab }).click();
    await panel.evaluate((element) => element.scrollIntoView({ block: "start" }));
  };
  const curves = panel.locator("figure").first();
  await shoot("result", { at: panel });
  await show("Plan");
  await shoot("plan-after", { at: panel, themes: ["light"] });
  await show("Experts");
  await shoot("experts", { at: panel });
  await show("Runs");
  await shoot("runs", { at: panel, themes: ["light"] });
  await show("Curves");
  const training = curves.getByRole("slider", { name: /^Training loss/ });
  await training.waitFor();
  await pointAt(page, training, 0.6, 0.5);
  await shoot("curves");
  const box = (await training.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.35, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.8, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  await curves.getByRole("button", { name: "no balancing", exact: true }).click();
  await shoot("curves-zoomed", { themes: ["light"] });
  await curves.getByRole("button", { name: "no balancing", exact: true }).click();
  await curves.getByRole("button", { name: "Whole axis" }).click();
  await curves.getByRole("button", { name: /^Export figure/ }).click();
  await page.getByRole("menuitem", { name: "Export SVG…" }).waitFor();
  await shoot("export-menu", { themes: ["light"] });
  await page.keyboard.press("Escape");
  await pointNowhere(page);
  await shoot("views", { at: cell(page, "load"), themes: ["dark"] });
  await shoot("conclusion", { at: cell(page, "conclusion"), themes: ["light"] });

  await page.getByRole("tab", { name: "Runs" }).first().click();
  await page
    .getByRole("navigation")
    .getByRole("button", { name: /loss-free/ })
    .first()
    .click();
  await show("Result");
  await shoot("inspector", { at: panel });
  await page.keyboard.press("Control+i");
  await page.getByRole("tab", { name: "Outline" }).click();

  await page.setViewportSize({ width: 900, height: 800 });
  await shoot("narrow", { at: panel, themes: ["light"] });
  await show("Curves");
  await shoot("narrow-curves", { at: panel, themes: ["light"] });
  await page.setViewportSize({ width: 1800, height: 1000 });
  await shoot("wide", { at: balancing, themes: ["light"] });
  await page.setViewportSize({ width: 1360, height: 900 });

  await retype(page, "balancing", "lr: 3e-3", "lr: 2e-3");
  await balancing
    .getByText(/^stale/)
    .first()
    .waitFor();
  await shoot("stale", { at: balancing, themes: ["light"] });
};
