import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReportDocument } from "../../../experiments/report/document.ts";
import { drawerOf } from "../../../experiments/report/folder.ts";
import { reportHtml } from "../../../experiments/report/html.ts";
import { metricDefinitions } from "../../../experiments/statistics/metrics.ts";
import { awkward, balancing, mtp } from "../../figures/studies.ts";
import { pdfText } from "../support/files.ts";

const studies = {
  balancing,
  mtp,
  "twelve arms": awkward["twelve arms"](),
  "twelve arms with long names": awkward["twelve arms with long names"](),
  "one seed": awkward["one seed"](),
};
/** Of the sheet, and of what is between its margins of 18 mm, in CSS pixels (96 to the inch). */
const papers = {
  A4: { points: [595, 842], inner: ((210 - 36) / 25.4) * 96 },
  Letter: { points: [612, 792], inner: (8.5 - 36 / 25.4) * 96 },
} as const;

const documentOf = (name: keyof typeof studies): ReportDocument => ({
  title: "A study",
  blocks: [
    { kind: "prose", text: "## Why\n\nBecause." },
    { kind: "cell", id: "balancing", source: "", displays: [], error: null, stale: null },
  ],
  command: null,
  results: {
    schema: "switchyard.results/1",
    notebook: "study.md",
    engine: "0.1.0",
    semantics: 1,
    metrics: metricDefinitions,
    experiments: [studies[name]],
  },
});

describe("a printed report", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] });
  });
  afterAll(() => browser?.close());

  const cases = (["A4", "Letter"] as const).flatMap((paper) =>
    (Object.keys(studies) as (keyof typeof studies)[]).map((name) => [paper, name] as const),
  );
  it.each(cases)("on %s of %s has that size, numbered pages, and nothing wider than the space between the margins", async (paper, name) => {
    const { points, inner } = papers[paper];
    const document = documentOf(name);
    const page = await browser.newPage({ viewport: { width: Math.floor(inner), height: 900 } });
    try {
      await page.emulateMedia({ media: "print" });
      await page.setContent(reportHtml(document, drawerOf(document), { theme: "light", paper }));
      const wide = await page.evaluate(() =>
        [...globalThis.document.querySelectorAll("table, figure, figure > svg, pre, dl, p, h1, h2, h3, li")]
          .filter((it) => it.getBoundingClientRect().right > innerWidth + 0.5)
          .map((it) => `${it.tagName} ${it.textContent?.slice(0, 60)}`),
      );
      expect(wide).toEqual([]);
      const pdf = await page.pdf({ printBackground: true, preferCSSPageSize: true });
      const boxes = [...pdf.toString("latin1").matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)].map(([, width, height]) => [
        Math.round(Number(width)),
        Math.round(Number(height)),
      ]);
      expect(boxes.length).toBeGreaterThanOrEqual(3);
      for (const box of boxes) expect(box).toEqual(points);
      // pdftotext may or may not see the narrow spaces around the stroke
      const text = pdfText(pdf)?.replaceAll(" ", "");
      if (text !== undefined) boxes.forEach((_, i) => expect(text).toContain(`${i + 1}/${boxes.length}`));
    } finally {
      await page.close();
    }
  });
});
