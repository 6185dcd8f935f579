import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { axeFindings } from "../support/axe.ts";
import { cell } from "../support/actions.ts";
import { choose, type AppHost, type AppSession } from "../support/hosts.ts";

/** More controls than any page of the app has. */
const manyTabs = 250;

/** Presses Tab until the element has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let i = 0; i < manyTabs; i++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not reach ${target}`);
}

/** Names of the controls that are seen, can be used, and did not get the focus in one round of Tab. */
async function notReached(page: Page): Promise<string[]> {
  await page.evaluate(() => {
    addEventListener("focusin", (event) => (event.target as Element).setAttribute("data-reached", ""), { capture: true });
    (document.activeElement as HTMLElement | null)?.blur();
  });
  for (let i = 0; i < manyTabs; i++) await page.keyboard.press("Tab");
  return page.evaluate(() => {
    // Of a group that arrow keys walk through (tabs, the notebook's blocks) one member takes the Tab; the others say so by
    // tabindex -1. Which block it is changes with the focus inside, so blocks are left to the arrow keys here.
    const controls = [
      ...document.querySelectorAll<HTMLElement>("button, select, input, textarea, a[href], summary, [tabindex='0']:not(section)"),
    ];
    const usable = controls.filter(
      (element) => element.tabIndex >= 0 && !element.matches(":disabled") && element.checkVisibility({ visibilityProperty: true }),
    );
    return usable.filter((element) => !element.hasAttribute("data-reached")).map((element) => element.outerHTML.slice(0, 160));
  });
}

/** A study from the first start to its exported figure without a mouse. */
export function keyboardOnly(host: AppHost): void {
  describe(`a study by the keyboard alone, in ${host.name}`, () => {
    let session: AppSession;
    const study = () => cell(session.page, "balancing");
    beforeAll(async () => {
      session = await host.open();
    });
    afterAll(() => session?.close());

    it("opens a notebook of the gallery", async () => {
      const { page } = session;
      expect(await notReached(page)).toEqual([]);
      await tabTo(page, page.getByRole("button", { name: "Open Does an auxiliary loss cost quality?" }));
      await page.keyboard.press("Enter");
      await study().getByRole("button", { name: "Train again" }).waitFor();
    });

    it("chooses the budget and trains", async () => {
      const { page } = session;
      await tabTo(page, study().getByRole("combobox", { name: "Budget" }));
      await page.keyboard.type("smoke");
      await tabTo(page, study().getByRole("button", { name: "Train 4 runs" }));
      await page.keyboard.press("Enter");
      await study().getByRole("button", { name: "Train again" }).waitFor({ timeout: 90_000 });
    });

    it("walks through the views of a result", async () => {
      const { page } = session;
      await tabTo(page, study().getByRole("tab", { name: "Result" }));
      await page.keyboard.press("ArrowRight");
      expect(await study().getByRole("tab", { name: "Experts" }).getAttribute("aria-selected")).toBe("true");
      await study().getByRole("tabpanel", { name: "Experts" }).getByRole("img").first().waitFor();
    });

    it("exports a figure", async () => {
      const { page } = session;
      await tabTo(page, cell(page, "tradeoff").getByRole("button", { name: /^Export figure/ }));
      const { name } = await session.file(async () => {
        await page.keyboard.press("Enter");
        await page.getByRole("menuitem", { name: "Export SVG…" }).waitFor();
        await page.keyboard.press("Home");
        await page.keyboard.press("Enter");
      });
      expect(name).toBe("balancing-tradeOff.svg");
    });

    it("reaches every control that can be seen", async () => {
      const { page } = session;
      await choose(page, "inspector");
      expect(await notReached(page)).toEqual([]);
    });

    it("leaves axe nothing to find, with results and with a menu open", async () => {
      const { page } = session;
      expect(await axeFindings(page)).toEqual([]);
      await tabTo(page, cell(page, "tradeoff").getByRole("button", { name: /^Export figure/ }));
      await page.keyboard.press("Enter");
      await page.getByRole("menuitem", { name: "Export SVG…" }).waitFor();
      expect(await axeFindings(page)).toEqual([]);
      await page.keyboard.press("Escape");
    });

    it("raises no error in all of this", () => {
      expect(session.problems).toEqual([]);
    });
  });
}
