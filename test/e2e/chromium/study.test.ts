import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cell, openNotebook } from "../support/actions.ts";
import { openChromium, type Session } from "../support/chromium.ts";
import { smallStudy } from "../support/notebooks.ts";

describe("a study in the window", () => {
  let session: Session;
  beforeAll(async () => {
    session = await openChromium();
    await openNotebook(session.page, "small.md", smallStudy);
  });
  afterAll(() => session.close());

  it("has a page that is isolated from other origins", async () => {
    expect(await session.page.evaluate(() => crossOriginIsolated)).toBe(true);
  });

  it("runs nothing before the file is trusted", async () => {
    const { page } = session;
    await page.waitForTimeout(1000);
    expect(await page.getByText("Nothing in this notebook runs by itself").isVisible()).toBe(true);
    expect(await page.getByRole("button", { name: /^Train/ }).count()).toBe(0);
  });

  it("shows what it will train before it trains", async () => {
    const { page } = session;
    await page.getByRole("button", { name: "Trust and run its views" }).click();
    await page.getByRole("button", { name: "Train 4 runs" }).waitFor();
    const study = cell(page, "study");
    await study.getByText("2 arms × 2 seeds").waitFor();
    await study.getByText("balance.bias").waitFor();
    expect(await cell(page, "view").locator("figure").count()).toBe(0);
  });

  it("trains on a click, tells the result in words and runs the view that reads it", async () => {
    const { page } = session;
    await page.getByRole("button", { name: "Train 4 runs" }).click();
    await cell(page, "study")
      .locator(".words")
      .getByText(/^Validation loss: /)
      .waitFor({ timeout: 60_000 });
    await cell(page, "view")
      .locator("figure")
      .getByRole("img", { name: /MaxVio/ })
      .waitFor();
    expect(await cell(page, "view").getByText("2", { exact: true }).isVisible()).toBe(true);
    expect(await page.locator("[role=status].visually-hidden").innerText()).toMatch(/^study finished: /);
  });

  it("shows every run with its numbers", async () => {
    const { page } = session;
    await cell(page, "study").getByRole("tab", { name: "Runs" }).click();
    expect(await cell(page, "study").locator("tbody tr").count()).toBe(4);
    expect(await cell(page, "study").getByText("failed").count()).toBe(0);
  });

  it("marks the cell and its view stale with the reason after an edit, and fresh again after undo", async () => {
    const { page } = session;
    await page.getByRole("button", { name: "#study" }).click();
    await page.keyboard.press("Enter");
    await page.locator(".monaco-editor textarea, .monaco-editor .native-edit-context").first().waitFor({ state: "attached" });
    await page.keyboard.press("Control+Home");
    await page.keyboard.type("// a note\n");
    await page.keyboard.press("Escape");
    await cell(page, "study").getByText("stale: its text changed").waitFor();
    await cell(page, "view").getByText("stale: #study changed").waitFor();
    await page.keyboard.press("Control+z");
    await cell(page, "study").getByText(/stale/).waitFor({ state: "detached" });
    await cell(page, "view").getByText(/stale/).waitFor({ state: "detached" });
  });

  it("takes everything from the store the second time", async () => {
    const { page } = session;
    await page.getByRole("button", { name: "#study" }).click();
    await page.keyboard.press("Shift+Enter");
    await cell(page, "study").getByText("cached", { exact: true }).first().waitFor();
  });

  it("raises no error or warning in all of this", () => {
    expect(session.problems).toEqual([]);
  });
});
