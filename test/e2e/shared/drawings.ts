/** What a cell draws with Plot or d3, in the window: shown in the theme, kept to itself, exported, and known to the editor. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cell } from "../support/actions.ts";
import { axeFindings } from "../support/axe.ts";
import type { AppHost, AppSession } from "../support/hosts.ts";
import { smallStudy } from "../support/notebooks.ts";

const fence = (id: string, source: string) => `\`\`\`ts {#${id}}\n${source}\n\`\`\`\n`;

const drawings = `${smallStudy}
${fence(
  "plot",
  `import * as Plot from "@observablehq/plot";

Plot.plot({
  title: "Routing entropy",
  caption: "A line per run",
  ariaLabel: "Routing entropy over training, by arm",
  color: { ...study.colors, legend: true },
  marks: [Plot.line(study.points("routingEntropy"), { x: "step", y: "value", stroke: "arm", z: (point) => point.arm + point.seed })],
})`,
)}
${fence(
  "hostile",
  `import { create } from "d3";

const drawing = create("svg").attr("width", 200).attr("height", 40).attr("onload", "document.title = 'reached'");
drawing.append("style").text("body * { visibility: hidden !important; } :host { position: fixed !important; inset: -2000px; z-index: 1000; background: red !important; }");
drawing.append("script").text("document.title = 'reached'");
drawing.append("rect").attr("width", 20).attr("height", 20).attr("fill", "currentColor").attr("onclick", "document.title = 'reached'");
drawing.node()`,
)}`;

/** Plot and d3 in the window. */
export function drawingsOfCells(host: AppHost): void {
  describe(`drawings of cells, in ${host.name}`, () => {
    let session: AppSession;
    const requests: string[] = [];
    const drawn = (id: string) => cell(session.page, id).locator("figure svg[role=img]");

    beforeAll(async () => {
      session = await host.open();
      session.page.on("request", (request) => requests.push(request.url()));
      await session.openText("drawings.md", drawings);
    });
    afterAll(() => session?.close());

    it("d3 and Plot, and their types, are not loaded before a cell asks", () => {
      expect(requests.filter((url) => /libraries|declarations/.test(url))).toEqual([]);
    });

    it("a plot is drawn when its study is there, with its legend and its words", async () => {
      const { page } = session;
      await page.getByRole("button", { name: "Trust and run its views" }).click();
      await page.getByRole("button", { name: "Train 4 runs" }).click();
      await drawn("plot").waitFor();
      expect(await drawn("plot").getAttribute("aria-label")).toBe(
        "Routing entropy. Routing entropy over training, by arm. A line per run. Legend: plain, loss-free",
      );
      expect(await drawn("plot").locator("text").allTextContents()).toEqual(
        expect.arrayContaining(["Routing entropy", "plain", "loss-free", "A line per run"]),
      );
      // a browser tells what workers load, Electron does not
      if (host.name === "Chromium") expect(requests.filter((url) => /libraries/.test(url))).toHaveLength(1);
    });

    it("its ink and the colours of its arms are those of the theme", async () => {
      const { page } = session;
      const coloursIn = async (colorScheme: "light" | "dark") => {
        await page.emulateMedia({ colorScheme });
        await expect.poll(() => drawn("plot").getAttribute("color")).toBe(colorScheme === "light" ? "#1d1f23" : "#e8e6e1");
        if (process.env.PICTURES) await cell(page, "plot").screenshot({ path: join(process.env.PICTURES, `plot.${colorScheme}.png`) });
        const swatches = await drawn("plot")
          .locator("svg > rect")
          .evaluateAll((rects) => rects.map((rect) => getComputedStyle(rect.parentElement!).fill));
        return [
          await drawn("plot")
            .locator("text")
            .first()
            .evaluate((text) => getComputedStyle(text).fill),
          ...swatches.slice(0, 2),
        ];
      };
      const [light, dark] = [await coloursIn("light"), await coloursIn("dark")];
      expect(light[0]).toBe("rgb(29, 31, 35)");
      for (let i = 0; i < 3; i++) expect(dark[i]).not.toBe(light[i]);
      await page.emulateMedia({ colorScheme: "light" });
    });

    it("styles, scripts and handlers in a drawing do not reach the page", async () => {
      const { page } = session;
      await drawn("hostile").locator("rect").dispatchEvent("click");
      expect(await page.title()).not.toContain("reached");
      expect(await page.getByRole("button", { name: "#plot", exact: true }).isVisible()).toBe(true);
      // It spreads over the window, but what a person points at anywhere else is not it.
      await cell(page, "plot").evaluate((element) => element.scrollIntoView({ block: "start" }));
      const taken = await cell(page, "hostile")
        .locator("figure")
        .evaluate((figure) => {
          const { left, right, top, bottom } = figure.getBoundingClientRect();
          let count = 0;
          for (let x = 10; x < innerWidth; x += 20)
            for (let y = 10; y < innerHeight; y += 20)
              if ((x < left || x > right || y < top || y > bottom) && figure.contains(document.elementFromPoint(x, y))) count++;
          return count;
        });
      expect(taken).toBe(0);
    });

    it("axe finds nothing in it, and the console is silent", async () => {
      expect((await axeFindings(session.page)).filter((finding) => !finding.includes("monaco"))).toEqual([]);
      expect(session.problems).toEqual([]);
    });

    it("exports as SVG and PNG on the ground of paper, and as a page of its size", async () => {
      const { page } = session;
      const openMenu = () =>
        cell(page, "plot")
          .getByRole("button", { name: /^Export figure: Routing entropy/ })
          .click();
      for (const [kind, start] of [
        ["SVG", "<svg "],
        ["PNG", "\u0089PNG"],
      ] as const) {
        await openMenu();
        const { name, bytes } = await session.file(() => page.getByRole("menuitem", { name: `Export ${kind}…` }).click());
        expect(name).toBe(`plot-1-drawing.${kind.toLowerCase()}`);
        const text = bytes.toString("latin1");
        expect(text.startsWith(start)).toBe(true);
        if (kind === "SVG") expect(text).toContain('fill="#ffffff"');
        if (kind === "SVG") expect(text).not.toContain("var(");
      }
      await openMenu();
      const pdf = (await session.pdf(() => page.getByRole("menuitem", { name: "Export PDF…" }).click())).toString("latin1");
      expect([pdf.slice(0, 5), pdf.match(/\/Type\s*\/Page\b(?!s)/g)?.length]).toEqual(["%PDF-", 1]);
    });

    it("the editor completes Plot, and underlines what is not in it", async () => {
      const { page } = session;
      await page.getByRole("button", { name: "#plot", exact: true }).click();
      await page.keyboard.press("Enter");
      await page.locator(".monaco-editor textarea, .monaco-editor .native-edit-context").first().waitFor({ state: "attached" });
      await page.keyboard.press("Control+Home");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.type("Plot.recty");
      await expect.poll(() => page.locator(".monaco-editor .squiggly-error").count(), { timeout: 30_000 }).toBeGreaterThan(0);
      await page.keyboard.press("Control+Space");
      await page.locator(".suggest-widget.visible .monaco-list-row", { hasText: "rectY" }).first().waitFor();
      if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, "completion.png") });
      await page.keyboard.press("Escape");
      for (let i = 0; i < "Plot.recty".length; i++) await page.keyboard.press("Backspace");
      await expect.poll(() => page.locator(".monaco-editor .squiggly-error").count(), { timeout: 30_000 }).toBe(0);
      await page.keyboard.press("Escape");
    });
  });
}
