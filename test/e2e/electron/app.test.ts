import type { ElectronApplication, Page } from "playwright-core";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cell } from "../support/actions.ts";
import { answer, questions, saveTo, start } from "../support/electron.ts";
import { smallStudy } from "../support/notebooks.ts";

describe("the desktop app", () => {
  let folder: string;
  let file: string;
  let app: ElectronApplication;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "switchyard-e2e-"));
    file = join(folder, "small.md");
    await writeFile(file, smallStudy);
    ({ app, page } = await start(join(folder, "user"), file));
    await page.locator(".notebook").waitFor();
  });
  afterAll(async () => {
    await app.evaluate(({ app: electron }) => electron.exit(0)).catch(() => {});
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }); // the app still writes while it goes
  });

  it("opens the notebook it was started with, isolated and without Node in the page", async () => {
    expect(page.url()).toBe("app://switchyard/index.html");
    expect(await page.getByRole("heading", { name: "A small study" }).isVisible()).toBe(true);
    expect(
      await page.evaluate(() => [
        crossOriginIsolated,
        typeof (globalThis as { require?: unknown }).require,
        typeof (globalThis as { process?: unknown }).process,
      ]),
    ).toEqual([true, "undefined", "undefined"]);
  });

  it("offers the page nothing but the channels of its table", async () => {
    expect(await page.evaluate(() => Object.keys(globalThis.switchyardBridge ?? {}).sort())).toEqual(["call", "on", "platform"]);
    const replies = await page.evaluate(async () => {
      const call = globalThis.switchyardBridge!.call as (...args: unknown[]) => Promise<unknown>;
      return Promise.all([
        call("store.find", "../../etc/passwd"),
        call("export.file", "../x.txt", "text"),
        call("document.openRecent", "/etc/passwd"),
        call("link.open", "file:///etc/passwd"),
        call("fs.readFile", "/etc/passwd").catch(() => "no such channel"),
      ]);
    });
    expect(replies.map((reply) => (reply as { ok?: boolean }).ok ?? reply)).toEqual([false, false, false, false, "no such channel"]);
  });

  it("stays on its own page", async () => {
    await page.evaluate(() => {
      location.href = "file:///etc/passwd";
    });
    await page.evaluate(() => void window.open("data:text/html,x"));
    await page.waitForTimeout(300);
    expect(page.url()).toBe("app://switchyard/index.html");
    expect(app.windows()).toHaveLength(1);
  });

  it("trains, and keeps the runs beside the notebook", async () => {
    await page.getByRole("button", { name: "Trust and run its views" }).click();
    await page.getByRole("button", { name: "Train 4 runs" }).click();
    await cell(page, "study")
      .locator(".words")
      .getByText(/^Validation loss: /)
      .waitFor({ timeout: 90_000 });
    expect((await stat(join(folder, "small.results/runs"))).isDirectory()).toBe(true);
  });

  it("takes its menu from the same actions as the palette", async () => {
    const labels = await app.evaluate(({ BrowserWindow, Menu }) => {
      void BrowserWindow;
      return Menu.getApplicationMenu()?.items.map((item) => item.label) ?? null;
    });
    // On Linux and Windows the menu is the window's own; either way saving works from it.
    if (labels) expect(labels).toContain("File");
    await page.locator(".prose").first().dblclick();
    await page.locator("textarea[data-editor]").fill("Edited.");
    await page.keyboard.press("Escape");
    await page.getByText("unsaved changes").waitFor();
    await page.keyboard.press("Control+s");
    await page.getByText("saved", { exact: true }).waitFor();
    expect(await readFile(file, "utf8")).toBe(smallStudy.replace("Two arms, two seeds. $L = -\\log p$", "Edited."));
  });

  it("takes its results along when it is saved elsewhere", async () => {
    const copy = join(folder, "copy/elsewhere.md");
    await mkdir(join(folder, "copy"));
    await saveTo(app, copy);
    await page.keyboard.press("Control+Shift+s");
    await expect.poll(() => readdir(join(folder, "copy/elsewhere.results/runs")).catch(() => [])).toHaveLength(4);
    expect(await readFile(copy, "utf8")).toContain("Edited.");
    await page.getByRole("status").getByText("saved elsewhere.md").waitFor({ state: "attached" });
    await saveTo(app, file);
    await page.keyboard.press("Control+Shift+s");
    await page.getByRole("status").getByText("saved small.md").waitFor({ state: "attached" });
  });

  it("asks before it replaces what another program wrote", async () => {
    await writeFile(file, `${smallStudy}\nwritten elsewhere\n`);
    await page.locator(".prose").first().dblclick();
    await page.locator("textarea[data-editor]").fill("Edited again.");
    await page.keyboard.press("Escape");
    await answer(app, 2); // Cancel
    await page.keyboard.press("Control+s");
    await expect.poll(() => questions(app)).toBe(1);
    await page.getByText("unsaved changes").waitFor();
    expect(await readFile(file, "utf8")).toContain("written elsewhere");
    await answer(app, 1); // Replace
    await page.keyboard.press("Control+s");
    await page.getByText("saved", { exact: true }).waitFor();
    expect(await readFile(file, "utf8")).toContain("Edited again.");
  });

  it("exports a report as HTML that needs nothing else, and as PDF", async () => {
    const html = join(folder, "report.html");
    await saveTo(app, html);
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder("What to do?").fill("report as html");
    await page.keyboard.press("Enter");
    await page.getByText("The report is in").waitFor();
    expect(await readFile(html, "utf8")).toMatch(/<svg[\s\S]*Small study|Small study[\s\S]*<svg/);
    const pdf = join(folder, "report.pdf");
    await saveTo(app, pdf);
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder("What to do?").fill("report as pdf");
    await page.keyboard.press("Enter");
    await page.getByText(pdf).waitFor();
    expect((await readFile(pdf)).subarray(0, 5).toString()).toBe("%PDF-");
  });

  it("gives unsaved text back after it was killed, and finds the runs again", async () => {
    await page.locator(".prose").first().dblclick();
    await page.locator("textarea[data-editor]").fill("Never saved.");
    await page.keyboard.press("Escape");
    await page.waitForTimeout(2000);
    app.process().kill("SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 500));
    ({ app, page } = await start(join(folder, "user"), file));
    await page.getByRole("button", { name: "Restore them" }).click();
    await page.getByText("Never saved.").waitFor();
    await page.getByRole("button", { name: "Trust and run its views" }).click();
    await cell(page, "study").getByText("cached", { exact: true }).first().waitFor();
    await cell(page, "study")
      .locator(".words")
      .getByText(/^Validation loss: /)
      .waitFor();
  });

  it("asks once before unsaved changes are lost, and can be cancelled", async () => {
    await answer(app, 2); // Cancel
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0].close());
    await page.waitForTimeout(500);
    expect(app.windows()).toHaveLength(1);
    await answer(app, 0); // Save
    const closed = app.waitForEvent("close");
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0].close());
    await closed;
    expect(await readFile(file, "utf8")).toContain("Never saved.");
  });
});
