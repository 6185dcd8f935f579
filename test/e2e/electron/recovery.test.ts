import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ElectronApplication, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { retype } from "../support/actions.ts";
import { saveTo, start } from "../support/electron.ts";

describe("a notebook without a file", () => {
  let folder: string;
  let app: ElectronApplication;
  let page: Page;
  const user = () => join(folder, "user");
  const kill = async () => {
    app.process().kill("SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 500));
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "switchyard-e2e-"));
    ({ app, page } = await start(user()));
  });
  afterAll(async () => {
    await app.evaluate(({ app: electron }) => electron.exit(0)).catch(() => {});
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });

  it("that was typed in and killed is offered at the next start, until it is answered", async () => {
    await page.getByRole("button", { name: "New notebook" }).click();
    await page.locator(".notebook").waitFor();
    await retype(page, "study", "My first study", "Three hours of work");
    await page.waitForTimeout(3000);
    await kill();
    for (let time = 0; time < 2; time++) {
      ({ app, page } = await start(user()));
      await page.getByRole("button", { name: /^Restore untitled\.md/ }).waitFor();
      // somebody begins something else and does not answer
      await page.getByRole("button", { name: "New notebook" }).click();
      await page.locator(".notebook").waitFor();
      await page.waitForTimeout(2500);
      await kill();
    }
    ({ app, page } = await start(user()));
    await page.getByRole("button", { name: /^Restore untitled\.md/ }).click();
    await page.getByText("Three hours of work").first().waitFor();
    await page.getByText("unsaved changes").waitFor();
  });

  it("that is restored comes back when its page crashes", async () => {
    await page.waitForTimeout(1500);
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0].webContents.forcefullyCrashRenderer());
    // Asked of main: the connection to the page went with the page.
    const shown = () =>
      app.evaluate(({ BrowserWindow }) => {
        const text = BrowserWindow.getAllWindows()[0].webContents.executeJavaScript("document.body.innerText") as Promise<string>;
        return Promise.race([text.catch(() => ""), new Promise<string>((resolve) => setTimeout(() => resolve(""), 1000))]);
      });
    await expect.poll(shown, { timeout: 30_000 }).toContain("Three hours of work");
  });

  it("is forgotten once it is saved", async () => {
    await kill();
    ({ app, page } = await start(user()));
    await page.getByRole("button", { name: /^Restore untitled\.md/ }).click();
    await page.getByText("Three hours of work").first().waitFor();
    await saveTo(app, join(folder, "work.md"));
    await page.keyboard.press("Control+s");
    await page.getByText("saved", { exact: true }).waitFor();
    expect(await readFile(join(folder, "work.md"), "utf8")).toContain("Three hours of work");
    await expect.poll(() => readdir(join(user(), "recovery"))).toEqual([]);
  });
});
