import { cell, openNotebook } from "../support/actions.ts";
import { defaultStudy } from "../support/showcase.ts";
import { trust, type Scene } from "./scene.ts";

/** A notebook from elsewhere: not trusted yet, planned, training, paused, stopped. */
export const training: Scene = async ({ page }, { shoot }) => {
  await openNotebook(page, "balancing.md", defaultStudy());
  await shoot("untrusted", { themes: ["light"] });
  await trust(page);
  const balancing = cell(page, "balancing");
  const panel = balancing.locator(".panel");
  await panel.getByRole("button", { name: /^Train/ }).waitFor();
  await shoot("plan", { at: balancing, themes: ["light"] });
  await shoot("plan-waiting-views", { at: cell(page, "collapse"), themes: ["light"] });

  await panel.getByRole("button", { name: /^Train/ }).click();
  await panel.locator("figure svg").first().waitFor();
  await panel.getByText(/^[1-9] of 8 runs/).waitFor({ timeout: 300_000 });
  await shoot("running", { at: panel });
  await panel.getByRole("button", { name: "Pause" }).click();
  await panel.getByRole("button", { name: "Resume" }).waitFor();
  await shoot("paused", { at: panel, themes: ["light"] });
  await panel.getByRole("tab", { name: "Log" }).click();
  await shoot("log", { at: panel, themes: ["light"] });
  await panel.getByRole("button", { name: "Stop", exact: true }).click();
  await panel.getByRole("button", { name: /^Go on with/ }).waitFor();
  await panel.getByRole("tab", { name: "Runs" }).click();
  await shoot("stopped", { at: panel, themes: ["light"] });
};
