import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cell } from "../support/actions.ts";
import { openChromium, type Session } from "../support/chromium.ts";

describe("the keyboard alone", () => {
  let session: Session;
  const ids = () => session.page.locator(".cell .id").allTextContents();
  beforeAll(async () => {
    session = await openChromium();
    await session.page.getByRole("button", { name: "New notebook" }).click();
    await session.page.locator(".notebook").waitFor();
  });
  afterAll(() => session.close());

  it("moves real focus with the selection", async () => {
    const { page } = session;
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await page.keyboard.press("ArrowDown");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toMatch(/^Experiment study/);
  });

  it("inserts, writes and runs a cell", async () => {
    const { page } = session;
    await page.keyboard.press("b");
    await expect.poll(ids).toEqual(["#study", "#cell"]);
    await page.keyboard.press("Enter");
    await page.locator(".monaco-editor textarea, .monaco-editor .native-edit-context").first().waitFor({ state: "attached" });
    await page.keyboard.type("const answer = 6 * 7;\nanswer");
    await page.keyboard.press("Control+Enter");
    await cell(page, "cell").locator(".outputs").getByText("42").waitFor();
    await page.keyboard.press("Escape");
    expect(await page.locator(".monaco-editor").count()).toBe(0);
  });

  it("shows an error at its line in the cell's own words", async () => {
    const { page } = session;
    await page.keyboard.press("b");
    await page.keyboard.press("Enter");
    await page.locator(".monaco-editor textarea, .monaco-editor .native-edit-context").first().waitFor({ state: "attached" });
    await page.keyboard.type("const x = 1;\nnull.foo");
    await page.keyboard.press("Control+Enter");
    await cell(page, "cell-2").getByRole("alert").waitFor();
    expect(await cell(page, "cell-2").getByRole("alert").innerText()).toContain("line 2");
    await page.keyboard.press("Escape");
  });

  it("deletes with D D, undoes, moves and converts", async () => {
    const { page } = session;
    await page.keyboard.press("d");
    await page.keyboard.press("d");
    await expect.poll(ids).toEqual(["#study", "#cell"]);
    await page.keyboard.press("Control+z");
    await expect.poll(ids).toEqual(["#study", "#cell", "#cell-2"]);
    await page.getByRole("button", { name: "#cell-2" }).click();
    await page.keyboard.press("Alt+ArrowUp");
    await expect.poll(ids).toEqual(["#study", "#cell-2", "#cell"]);
    await page.keyboard.press("m");
    await expect.poll(ids).toEqual(["#study", "#cell"]);
    await page.keyboard.press("Control+z");
    await expect.poll(ids).toEqual(["#study", "#cell-2", "#cell"]);
  });

  it("finds every action in the palette and every key in the help", async () => {
    const { page } = session;
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder("What to do?").fill("keyboard");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    expect(await page.getByRole("dialog").getByText("Ctrl+Shift+Enter").isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });

  it("finds words in text and code", async () => {
    const { page } = session;
    await page.keyboard.press("Control+f");
    await page.getByRole("searchbox", { name: "Find in notebook" }).fill("seeds: 2");
    await page.getByText("1 of 1").waitFor();
    await page.keyboard.press("Escape");
  });

  it("raises no error or warning in all of this", () => {
    expect(session.problems).toEqual([]);
  });
});
