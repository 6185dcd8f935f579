/** Whatever a notebook's text does to the reading of cells, it is seen, kept and saved. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ElectronApplication, Page } from "playwright-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { start } from "../support/electron.ts";

const notebookOf = (source: string): string =>
  `---\nswitchyard: 1\ntitle: My results\n---\nWeeks of notes.\n\n\`\`\`ts {#p}\n${source}\n\`\`\`\n`;
const nested = "(".repeat(5000) + "1" + ")".repeat(5000);
const lines = `const text = ${Array.from({ length: 3000 }, (_, i) => `"line ${i}" +`).join("\n")}\n"end";`;

describe("a notebook that the page's parser may stumble over", () => {
  let folder: string;
  let app: ElectronApplication;
  let page: Page;
  const open = async (text: string): Promise<string> => {
    const file = join(folder, "my-results.md");
    await writeFile(file, text);
    ({ app, page } = await start(join(folder, "user"), file));
    page.setDefaultTimeout(60_000);
    return file;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "switchyard-e2e-"));
  });
  afterEach(async () => {
    await app.evaluate(({ app: electron }) => electron.exit(0)).catch(() => {});
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });

  it.each([
    ["5,000 nested parentheses", nested],
    ["3,000 lines that are one sum", lines],
  ])("is shown, and not written over by another, with %s", async (_what, source) => {
    const text = notebookOf(source);
    const file = await open(text);
    await page.getByText("Weeks of notes.").or(page.getByLabel("The notebook's text")).first().waitFor();
    await page.keyboard.press("Control+s");
    await page.getByText("saved", { exact: true }).waitFor();
    await page.keyboard.press("Control+n");
    await page.waitForTimeout(1000);
    await page.keyboard.press("Control+s");
    await page.waitForTimeout(1000);
    expect(await readFile(file, "utf8")).toBe(text);
  });

  it("keeps what is pasted into an open cell, whatever it is", async () => {
    const file = await open(notebookOf("1"));
    await page.getByRole("button", { name: "#p", exact: true }).click();
    await page.keyboard.press("Enter");
    await page.locator(".monaco-editor textarea, .monaco-editor .native-edit-context").first().waitFor({ state: "attached" });
    await page.keyboard.press("Control+a");
    await app.evaluate(({ clipboard }, pasted) => clipboard.writeText(pasted), lines);
    await page.keyboard.press("Control+v");
    await page.waitForTimeout(3000);
    await page.keyboard.press("Control+s");
    await expect.poll(() => readFile(file, "utf8"), { timeout: 30_000 }).toContain('"line 2999" +');
    const saved = await readFile(file, "utf8");
    expect(saved).toMatch(/"end";\n```\n$/);
    expect(saved).toContain("Weeks of notes.");
  });
});
