import { openNotebook } from "../support/actions.ts";
import { writing as notebook } from "../support/showcase.ts";
import { edit, pointAt, pointNowhere, trust, type Scene } from "./scene.ts";

/** A cell being written: completion, what a name is, and a name that does not exist. */
export const writing: Scene = async ({ page }, { shoot }) => {
  await openNotebook(page, "writing.md", notebook);
  await trust(page);
  await edit(page, "view");
  await page.keyboard.type("\nstudy.");
  await page.locator(".suggest-widget.visible .monaco-list-row").first().waitFor();
  await page.waitForTimeout(500); // the detail of the first entry comes after the list
  await shoot("completion", { themes: ["light"] });

  await page.keyboard.type("armz"); // nothing is called that: the list closes
  const squiggle = page.locator(".squiggly-error").first();
  await squiggle.waitFor();
  const hover = page.locator(".monaco-hover:not(.hidden)");
  await pointAt(page, squiggle);
  await hover
    .getByText(/does not exist/)
    .first()
    .waitFor();
  await shoot("error-while-typing");

  await pointNowhere(page);
  await hover.first().waitFor({ state: "hidden" });
  await edit(page, "study");
  const call = page
    .locator(".monaco-editor .view-line")
    .filter({ hasText: "experiment(" })
    .locator("span span")
    .filter({ hasText: "experiment" })
    .first();
  await pointAt(page, call, 0.5, 0.5);
  await hover.first().waitFor();
  await shoot("hover-docs");
};
