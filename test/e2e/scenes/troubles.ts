import { cell, openNotebook } from "../support/actions.ts";
import { troubledStudies } from "../support/showcase.ts";
import { trust, type Scene } from "./scene.ts";

/** A specification that cannot be met, a loss that leaves the numbers, a view that throws. */
export const troubles: Scene = async ({ page }, { shoot }) => {
  await openNotebook(page, "troubles.md", troubledStudies);
  await trust(page);
  const refused = cell(page, "refused");
  await refused.getByRole("alert").waitFor();
  await shoot("refused", { at: refused, themes: ["light"] });
  const diverged = cell(page, "diverged");
  await diverged.getByRole("button", { name: /^Train/ }).click();
  await diverged.getByRole("button", { name: "Train again" }).waitFor();
  await shoot("diverged", { at: diverged.locator(".panel"), themes: ["light"] });
  await diverged.getByRole("tab", { name: "Runs" }).click();
  await shoot("diverged-runs", { at: diverged.locator(".panel"), themes: ["light"] });
  await diverged.getByRole("tab", { name: "Curves" }).click();
  await shoot("diverged-curves", { at: diverged.locator(".panel"), themes: ["light"] });
  await cell(page, "throws").getByRole("alert").waitFor();
  await shoot("failed", { at: cell(page, "throws"), themes: ["dark"] });
};
