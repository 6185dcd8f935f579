import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { axeFindings } from "../support/axe.ts";
import { cell } from "../support/actions.ts";
import { svgText } from "../support/files.ts";
import { choose, type AppHost, type AppSession } from "../support/hosts.ts";
import { smallStudy } from "../support/notebooks.ts";

/** The same arms, trained for longer, one of them with another name. */
const longerStudy = smallStudy
  .replace("steps: 12", "steps: 24")
  .replace(`"loss-free"`, `"without a loss"`)
  .replace(`experiment("Small study"`, `experiment("Longer study"`);

async function train(session: AppSession, name: string, text: string): Promise<void> {
  await session.openText(name, text);
  const { page } = session;
  await page.getByRole("button", { name: "Trust and run its views" }).click();
  await page.getByRole("button", { name: "Train 4 runs" }).click();
  await cell(page, "study").getByRole("button", { name: "Train again" }).waitFor({ timeout: 90_000 });
}

const rows = (page: Page) => page.getByRole("region", { name: "Runs that were found" }).locator("tbody tr");
const counted = (page: Page, text: string | RegExp) =>
  page.getByRole("region", { name: "All runs" }).getByRole("status").getByText(text).waitFor();
const search = (page: Page) => page.getByRole("searchbox", { name: "Search" });
const where = (page: Page) => page.getByRole("searchbox", { name: "Where" });
const pick = (page: Page, run: string) => page.getByRole("checkbox", { name: `Choose ${run}`, exact: true });
const table = (page: Page) => page.getByRole("region", { name: "Settings and metrics" });

/** All runs of all notebooks, and any of them side by side. */
export function runsOfAllNotebooks(host: AppHost): void {
  describe(`the runs of all notebooks, in ${host.name}`, () => {
    let session: AppSession;
    beforeAll(async () => {
      session = await host.open();
    });
    afterAll(() => session?.close());

    it("are none before anything has trained", async () => {
      const { page } = session;
      await page.keyboard.press("Control+Shift+f");
      await page.getByText("No run has been kept yet").waitFor();
      expect(await axeFindings(page)).toEqual([]);
      await page.keyboard.press("Control+Shift+f");
      await page.getByRole("heading", { name: "Switchyard" }).waitFor();
    });

    it("are listed with arm, study, notebook, status, seed, metrics and date", async () => {
      await train(session, "small.md", smallStudy);
      await train(session, "longer.md", longerStudy);
      const { page } = session;
      await page.keyboard.press("Control+Shift+f");
      await counted(page, "1 to 8 of 8 runs");
      const cells = await rows(page).filter({ hasText: "without a loss" }).first().locator("td").allInnerTexts();
      const [, arm, seed, study, notebook, status, valLoss, , , steps, , device, ended] = cells.map((text) => text.trim());
      expect([arm, study, notebook, status, steps, device]).toEqual([
        "without a loss",
        "Longer study",
        "longer.md",
        "●\u00a0done",
        "24",
        "cpu",
      ]);
      expect(Number(seed)).toBeGreaterThan(0);
      expect(Number(valLoss)).toBeGreaterThan(0);
      expect(ended).toMatch(/\d{4}/);
    });

    it("are found by words and by conditions, and both together", async () => {
      const { page } = session;
      await search(page).fill("plain longer");
      await counted(page, "1 to 2 of 2 runs");
      await where(page).fill("seed = 1 and train.steps = 24");
      await counted(page, /^1 run( |$)/);
      await search(page).fill("");
      await counted(page, "1 to 2 of 2 runs");
      await where(page).fill("valLoss < 0");
      await page.getByText("No run matches.").waitFor();
    });

    it("say where a condition is wrong, and keep what was found", async () => {
      const { page } = session;
      await where(page).fill("seed = 1");
      await counted(page, "1 to 4 of 4 runs");
      await where(page).fill("seed = 1 and valLos < 2");
      await page.getByRole("alert").getByText("Where: valLos at column 14 is nothing runs have (did you mean valLoss?)").waitFor();
      expect(await where(page).getAttribute("aria-invalid")).toBe("true");
      expect(await rows(page).count()).toBe(4);
      expect(await axeFindings(page)).toEqual([]);
      await where(page).fill("");
      await counted(page, "1 to 8 of 8 runs");
    });

    it("are sorted by a click on a heading, up and down", async () => {
      const { page } = session;
      const losses = async () => (await rows(page).locator("td:nth-child(7)").allInnerTexts()).map(Number);
      const heading = page.getByRole("columnheader", { name: "valLoss" });
      await heading.getByRole("button").click();
      await expect.poll(() => heading.getAttribute("aria-sort")).toBe("ascending");
      await expect.poll(losses).toEqual((await losses()).sort((a, b) => a - b));
      await heading.getByRole("button").click();
      await expect.poll(losses).toEqual((await losses()).sort((a, b) => b - a));
    });

    it("are chosen by the keyboard, also from different searches", async () => {
      const { page } = session;
      await search(page).fill("small.md");
      await counted(page, "1 to 4 of 4 runs");
      await pick(page, "plain, seed 1 of small.md").focus();
      await page.keyboard.press("Space");
      expect(await page.getByRole("button", { name: "Compare 1 run" }).isDisabled()).toBe(true);
      await search(page).fill("longer.md");
      await counted(page, "1 to 4 of 4 runs");
      for (const run of ["plain, seed 1 of longer.md", "without a loss, seed 1 of longer.md"]) {
        await pick(page, run).focus();
        await page.keyboard.press("Space");
      }
      expect(await axeFindings(page)).toEqual([]);
      await page.getByRole("button", { name: "Compare 3 runs" }).focus();
      await page.keyboard.press("Enter");
      await page.getByRole("region", { name: "Comparison of 3 runs" }).waitFor();
    });

    it("show, compared, only the settings that differ, in the cell's notation, and every metric", async () => {
      const { page } = session;
      const row = async (name: string) =>
        (
          await table(page)
            .getByRole("row", { name: new RegExp(`^${name}`) })
            .locator("td")
            .allInnerTexts()
        ).map((text) => text.trim());
      expect((await table(page).locator("thead th").allInnerTexts()).map((text) => text.trim())).toEqual([
        "plain, seed 1, Small study",
        "plain, seed 1, Longer study",
        "without a loss, seed 1, Longer study",
      ]);
      expect(await row("train.steps")).toEqual(["12", "24", "24"]);
      expect((await row("balance.bias"))[2]).toContain("gamma: 0.005");
      expect(await table(page).locator("tbody").nth(1).locator("tr").count()).toBe(3); // the heading and the two settings
      expect((await row("Validation loss")).map(Number).every((loss) => loss > 0)).toBe(true);
      await page.getByText("Planned for different numbers of training tokens").waitFor();
    });

    it("overlay their curves, and export them as every figure does", async () => {
      const { page } = session;
      const names = ["plain, seed 1, Small study", "plain, seed 1, Longer study", "without a loss, seed 1, Longer study"];
      const figure = page.getByRole("region", { name: "Comparison of 3 runs" }).locator("figure");
      await figure.getByRole("img", { name: /Validation loss against steps/ }).waitFor();
      for (const name of names) expect(await figure.locator(`g[data-arm="${name}"] path`).count()).toBeGreaterThan(0);
      await page.getByRole("combobox", { name: "Against" }).selectOption("tokens");
      await figure.getByRole("img", { name: /Validation loss against tokens/ }).waitFor();
      const exported = (format: string) =>
        session.file(async () => {
          await figure.getByRole("button", { name: /^Export figure/ }).click();
          await page.getByRole("menuitem", { name: `Export ${format}…` }).click();
        });
      const svg = await exported("SVG");
      expect(svg.name).toMatch(/^comparison-curves.*\.svg$/);
      const drawn = await svgText(page, svg.bytes.toString());
      const csv = (await exported("CSV")).bytes.toString();
      for (const name of names) {
        expect(drawn).toContain(name);
        expect(csv).toContain(name);
      }
      expect(await axeFindings(page)).toEqual([]);
    });

    it("are left for the notebook again, with the choice kept", async () => {
      const { page } = session;
      await page.getByRole("button", { name: "Back to the list" }).click();
      await page.getByRole("button", { name: "Compare 3 runs" }).waitFor();
      await page.getByRole("button", { name: "Back to the notebook" }).click();
      await cell(page, "study").waitFor();
      await choose(page, "all runs");
      await page.getByRole("button", { name: "Compare 3 runs" }).waitFor();
    });

    it("do not let keys reach the cells behind them", async () => {
      const { page } = session;
      await page.getByRole("region", { name: "Runs that were found" }).focus();
      for (const key of ["d", "d", "b", "Control+z"]) await page.keyboard.press(key);
      await page.keyboard.press("Control+Shift+f");
      expect(await page.locator(".notebook section").count()).toBe(3);
      await page.getByText("saved", { exact: true }).or(page.getByText("not saved yet")).first().waitFor();
    });

    it("raise no error in all of this", () => {
      expect(session.problems).toEqual([]);
    });
  });
}
