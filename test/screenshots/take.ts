/** `npm run screenshots`: every state of the window as a picture beside this file. Not a test of anything but that each state can be reached. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, test } from "vitest";
import { cell, openNotebook } from "../e2e/support/actions.ts";
import { openChromium, type Session } from "../e2e/support/chromium.ts";
import { study, wrongStudy } from "./notebooks.ts";

const folder = import.meta.dirname;

for (const colorScheme of ["light", "dark"] as const) {
  describe(colorScheme, () => {
    let session: Session;
    let page: Page;
    const shoot = async (name: string) => {
      mkdirSync(join(folder, colorScheme), { recursive: true });
      await page.screenshot({ path: join(folder, colorScheme, `${name}.png`) });
    };
    const tab = async (name: string) => {
      await cell(page, "study").getByRole("tab", { name }).click();
      await cell(page, "study").getByRole("tabpanel").scrollIntoViewIfNeeded();
    };
    /** The panel at the top of the window, its cell's text above it out of sight. */
    const showPanel = () => cell(page, "study").getByRole("tablist").evaluate((tabs) => tabs.closest(".panel")?.scrollIntoView({ block: "start" }));

    beforeAll(async () => {
      session = await openChromium({ colorScheme, width: 1280, height: 900 });
      page = session.page;
    });
    afterAll(() => session.close());

    test("start and a notebook before it is trusted", async () => {
      await page.getByText("Questions to begin with").waitFor();
      await shoot("01-start");
      await openNotebook(page, "balance.md", study);
      await shoot("02-opened");
    });

    test("plan, training, pause", async () => {
      await page.getByRole("button", { name: "Trust and run its views" }).click();
      await page.getByRole("button", { name: /^Train \d+ runs/ }).waitFor();
      await showPanel();
      await shoot("03-plan");
      await page.getByRole("button", { name: /^Train \d+ runs/ }).click();
      await cell(page, "study").locator('figure svg path[stroke-width="2"]').first().waitFor({ timeout: 60_000 });
      await page.waitForFunction(() => Number(document.querySelector("progress")?.value) > 0.3, undefined, { timeout: 120_000 });
      await showPanel();
      await shoot("04-training");
      await cell(page, "study").getByRole("button", { name: "Pause" }).click();
      await cell(page, "study").getByRole("button", { name: "Resume" }).waitFor({ timeout: 60_000 });
      await showPanel();
      await shoot("05-paused");
      await cell(page, "study").getByRole("button", { name: "Resume" }).click();
    });

    test("finished, tab by tab", async () => {
      await cell(page, "study").locator(".words").getByText(/^Validation loss: /).waitFor({ timeout: 240_000 });
      for (const [n, name] of ["Result", "Curves", "Experts", "Runs", "Log", "Plan"].entries()) {
        await tab(name);
        await showPanel();
        if (name === "Curves") {
          const figure = await cell(page, "study").locator("figure svg").first().boundingBox();
          if (figure) await page.mouse.move(figure.x + figure.width * 0.3, figure.y + figure.height * 0.5);
        }
        await shoot(`06-${n + 1}-${name.toLowerCase()}`);
      }
    });

    test("editing, stale", async () => {
      await tab("Result");
      await page.getByRole("button", { name: "#study" }).click();
      await page.keyboard.press("Enter");
      await page.locator(".monaco-editor .view-lines").first().waitFor();
      await page.keyboard.press("Control+End");
      await page.keyboard.type("\nstudy.");
      await page.locator(".suggest-widget.visible").waitFor({ timeout: 60_000 }).catch(() => {});
      await shoot("07-editing");
      await page.keyboard.type("arms;");
      await page.keyboard.press("Escape");
      await page.keyboard.press("Escape");
      await cell(page, "study").getByText(/stale/).first().waitFor();
      await page.getByRole("button", { name: "#study" }).scrollIntoViewIfNeeded();
      await shoot("08-stale");
    });

    test("palette, help, narrow, wide", async () => {
      await page.keyboard.press("Control+k");
      await page.getByPlaceholder("What to do?").waitFor();
      await shoot("09-palette");
      await page.keyboard.press("Escape");
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
      await shoot("10-help");
      await page.keyboard.press("Escape");
      for (const width of [900, 1800]) {
        await page.setViewportSize({ width, height: 900 });
        await showPanel();
        await shoot(width === 900 ? "11-narrow" : "12-wide");
      }
      await page.setViewportSize({ width: 1280, height: 900 });
    });

    test("refused, and a run that diverged", async () => {
      await session.close();
      session = await openChromium({ colorScheme, width: 1280, height: 900 });
      page = session.page;
      await openNotebook(page, "wrong.md", wrongStudy);
      await page.getByRole("button", { name: "Trust and run its views" }).click();
      await page.getByText(/numExpertsPerTok/).last().waitFor();
      await page.getByRole("button", { name: /^Train \d+ runs/ }).click();
      await cell(page, "hot").getByText(/diverged/).first().waitFor({ timeout: 120_000 });
      await shoot("13-failed");
    });
  });
}
