/** The scenes that `npm run screenshots` takes. Each opens its own page, so that one can be taken alone. */
import type { Page } from "playwright-core";
import { cell, openNotebook } from "./support/actions.ts";
import { cameraOf, type Camera } from "./support/camera.ts";
import { openChromium, type Session } from "./support/chromium.ts";
import { smallStudy } from "./support/notebooks.ts";
import { defaultStudy, troubledStudies, writing } from "./support/showcase.ts";

type Scene = (session: Session, camera: Camera) => Promise<void>;

const press = (page: Page, name: string | RegExp) => page.getByRole("button", { name }).first().click();
const trust = (page: Page) => press(page, "Trust and run its views");
const editorOf = (page: Page) => page.locator(".monaco-editor textarea, .monaco-editor .native-edit-context").first();

async function edit(page: Page, id: string): Promise<void> {
  await press(page, `#${id}`);
  await page.keyboard.press("Enter");
  await editorOf(page).waitFor({ state: "attached" });
  await page.keyboard.press("Control+End");
}

/** The default study from its plan to its evidence. */
const study: Scene = async ({ page }, { shoot }) => {
  await openNotebook(page, "balancing.md", defaultStudy());
  await shoot("opened");
  await trust(page);
  const balancing = cell(page, "balancing");
  const panel = balancing.locator(".panel");
  await panel.getByRole("button", { name: /^Train/ }).waitFor();
  await shoot("plan", { at: balancing });
  await shoot("plan-waiting-views", { at: cell(page, "collapse"), themes: ["light"] });

  await panel.getByRole("button", { name: /^Train/ }).click();
  await panel.locator("figure svg").first().waitFor();
  await panel.getByText(/^[1-9] of 8 runs/).waitFor({ timeout: 300_000 });
  await shoot("running", { at: panel });
  await panel.getByRole("button", { name: "Pause" }).click();
  await panel.getByRole("button", { name: "Resume" }).waitFor();
  await shoot("paused", { at: panel, themes: ["light"] });
  await panel.getByRole("button", { name: "Resume" }).click();

  await panel.getByRole("button", { name: "Train again" }).waitFor({ timeout: 600_000 });
  await shoot("result", { at: panel });
  for (const tab of ["Plan", "Curves", "Experts", "Runs", "Log"]) {
    await panel.getByRole("tab", { name: tab }).click();
    if (tab === "Curves") {
      await panel.locator("figure svg").first().waitFor();
      await panel.evaluate((element) => element.scrollIntoView({ block: "start" }));
      const box = (await panel.locator("figure").first().boundingBox())!;
      await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.3);
    }
    await shoot(tab === "Plan" ? "plan-after" : tab.toLowerCase(), { at: panel, themes: tab === "Plan" || tab === "Log" ? ["light"] : ["light", "dark"] });
    if (tab === "Curves") await page.mouse.move(0, 0);
  }
  await shoot("views", { at: cell(page, "load") });

  await page.getByRole("tab", { name: "Runs" }).first().click();
  await page.getByRole("navigation").getByRole("button", { name: /loss-free/ }).first().click();
  await panel.getByRole("tab", { name: "Result" }).click();
  await shoot("inspector", { at: panel });
  await page.keyboard.press("Control+i");
  await page.getByRole("tab", { name: "Outline" }).click();

  await page.setViewportSize({ width: 900, height: 800 });
  await shoot("narrow", { at: panel });
  await panel.getByRole("tab", { name: "Curves" }).click();
  await shoot("narrow-curves", { at: panel, themes: ["light"] });
  await page.setViewportSize({ width: 1800, height: 1000 });
  await shoot("wide", { at: balancing, themes: ["light"] });
  await page.setViewportSize({ width: 1360, height: 900 });

  await edit(page, "balancing");
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("// a second thought\n");
  await page.keyboard.press("Escape");
  await balancing.getByText(/^stale/).first().waitFor();
  await shoot("stale", { at: balancing, themes: ["light"] });
};

const scenes: Record<string, Scene> = {
  start: async ({ page }, { shoot }) => {
    await page.getByRole("heading", { name: "Switchyard" }).waitFor();
    await page.getByText("looking for devices").waitFor({ state: "detached" });
    await shoot("start");
    await page.setViewportSize({ width: 900, height: 800 });
    await shoot("start-narrow", { themes: ["light"] });
  },

  study,

  editing: async ({ page }, { shoot }) => {
    await openNotebook(page, "writing.md", writing);
    await trust(page);
    await edit(page, "view");
    await page.keyboard.type("\nstudy.");
    await page.locator(".suggest-widget.visible .monaco-list-row").first().waitFor();
    await page.waitForTimeout(500); // the documentation beside the list comes after it
    await shoot("completion");
    await page.keyboard.type("armz");
    await page.keyboard.press("Escape");
    await edit(page, "view");
    const squiggle = page.locator(".squiggly-error").first();
    await squiggle.waitFor();
    await squiggle.hover();
    await page.locator(".monaco-hover:not(.hidden)").getByText(/does not exist/).first().waitFor();
    await shoot("error-while-typing");
  },

  troubles: async ({ page }, { shoot }) => {
    await openNotebook(page, "troubles.md", troubledStudies);
    await trust(page);
    const refused = cell(page, "refused");
    await refused.getByRole("alert").waitFor();
    await shoot("refused", { at: refused });
    const diverged = cell(page, "diverged");
    await diverged.getByRole("button", { name: /^Train/ }).click();
    await diverged.getByRole("button", { name: "Train again" }).waitFor();
    await shoot("diverged", { at: diverged });
    await diverged.getByRole("tab", { name: "Runs" }).click();
    await shoot("diverged-runs", { at: diverged, themes: ["light"] });
    await diverged.getByRole("tab", { name: "Curves" }).click();
    await shoot("diverged-curves", { at: diverged, themes: ["light"] });
  },

  dialogs: async ({ page }, { shoot }) => {
    await openNotebook(page, "small.md", smallStudy);
    await trust(page);
    await page.getByRole("button", { name: "Train 4 runs" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder("What to do?").fill("cell");
    await shoot("palette");
    await page.keyboard.press("Escape");
    await press(page, "#study");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await shoot("help");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+f");
    await page.getByRole("searchbox", { name: "Find in notebook" }).fill("arms");
    await shoot("find", { themes: ["light"] });
  },
};

/** Takes all scenes, or those named. @returns what axe and the console said, one line each */
export async function takeScreenshots(folder: string, only: readonly string[] = []): Promise<string[]> {
  for (const name of only) if (!(name in scenes)) throw new Error(`no scene ${name}; there are ${Object.keys(scenes).join(", ")}`);
  const findings: string[] = [];
  for (const [name, scene] of Object.entries(scenes)) {
    if (only.length > 0 && !only.includes(name)) continue;
    console.log(`screenshots: ${name}`);
    const session = await openChromium();
    try {
      const camera = cameraOf(session, folder);
      await scene(session, camera);
      findings.push(...camera.findings);
    } finally {
      await session.close();
    }
  }
  return findings;
}
