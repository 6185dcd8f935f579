import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ElectronApplication, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildCli, switchyard } from "../../cli/bundle.ts";
import { cell } from "../support/actions.ts";
import { start } from "../support/electron.ts";
import { smallStudy } from "../support/notebooks.ts";

const figures = [
  "curves(study)",
  'curves(study, { metrics: ["maxVioBatch"], logY: true })',
  "forest(study)",
  "tradeOff(study)",
  'expertLoad(study, { by: "domain" })',
  "loadOverTime(study)",
  "specialisation(study)",
  "architecture(study)",
  "table(study)",
];
const names = [...new Set(figures.map((call) => call.split("(")[0]))];

const notebook = `${smallStudy}
\`\`\`ts {#all}
import { ${names.join(", ")} } from "switchyard";

${figures.map((call) => `display(${call});`).join("\n")}
\`\`\`
`;

describe("figures that leave the app", () => {
  let folder: string;
  let app: ElectronApplication;
  let page: Page;
  beforeAll(async () => {
    buildCli();
    folder = await mkdtemp(join(tmpdir(), "switchyard-e2e-"));
    await writeFile(join(folder, "study.md"), notebook);
    ({ app, page } = await start(join(folder, "user"), join(folder, "study.md")));
    page.setDefaultTimeout(60_000);
    await app.evaluate(({ dialog }, target) => {
      dialog.showSaveDialog = (async (_window: unknown, { defaultPath }: { defaultPath: string }) => ({
        canceled: false,
        filePath: `${target}/app-${defaultPath.split(/[\\/]/).at(-1)}`,
      })) as never;
    }, folder);
  });
  afterAll(async () => {
    await app.evaluate(({ app: electron }) => electron.exit(0)).catch(() => {});
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });
  const exported = async () =>
    (await readdir(folder))
      .filter((name) => /^app-.*\.(svg|csv)$/.test(name))
      .map((name) => name.slice("app-".length))
      .sort();

  it("are byte for byte those that `switchyard report` writes of the same runs", async () => {
    await page.getByRole("button", { name: "Trust and run its views" }).click();
    await page.getByRole("button", { name: "Train 4 runs" }).click();
    const shown = cell(page, "all")
      .locator("figure")
      .getByRole("button", { name: /^Export figure/ });
    await expect.poll(() => shown.count(), { timeout: 90_000 }).toBe(figures.length);
    for (let i = 0; i < figures.length; i++) {
      for (const format of ["SVG", "CSV"]) {
        await shown.nth(i).click();
        await page.getByRole("menuitem", { name: `Export ${format}…` }).click();
      }
    }
    await expect.poll(exported).toHaveLength(2 * figures.length);

    const { code, stderr } = await switchyard(["report", join(folder, "study.md")]);
    expect([code, stderr]).toEqual([0, ""]);
    for (const name of await exported()) {
      const [here, there] = await Promise.all([
        readFile(join(folder, `app-${name}`), "utf8"),
        readFile(join(folder, "study.results/figures", name), "utf8"),
      ]);
      expect(here === there ? "same" : `${name} differs`).toBe("same");
    }
  });
});
