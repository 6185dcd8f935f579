import { describe, expect, test } from "vitest";
import { figures } from "../../experiments/figures/registry.ts";
import { measure, type Weight } from "../../experiments/figures/text.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import { awkward } from "./studies.ts";
import { descendants, overlap, parseSvg, textBoxes, type Tag } from "./svg-tree.ts";

const made = new Map<string, ExperimentResult>();

function studyOf(name: string): ExperimentResult {
  const study = made.get(name) ?? awkward[name]();
  made.set(name, study);
  return study;
}

const measured = (text: string, size: number, weight: number) => measure(text, { size, weight: weight as Weight });
const cases = Object.keys(figures).flatMap((figure) => Object.keys(awkward).map((study) => [figure, study] as const));

describe.each([320, 720, 1200])("at %i pixels", (width) => {
  test.each(cases)("%s of %s is well-formed, says what it shows, and keeps its text inside and apart", (name, study) => {
    const figure = figures[name].draw(studyOf(study), {}, { width, theme: "light" });
    const root = parseSvg(figure.svg);
    expect(root.attributes).toMatchObject({ role: "img", width: String(width), viewBox: `0 0 ${width} ${figure.height}` });
    expect(root.children.slice(0, 2).map((tag) => tag.name)).toEqual(["title", "desc"]);
    expect(figure.title).not.toBe("");
    expect(figure.alternative).not.toBe("");
    expect(figure.csv).toMatch(/^[^\n]+\n/);

    for (const tag of descendants(root)) {
      for (const [key, value] of Object.entries(tag.attributes)) {
        if (key !== "aria-label" && !key.startsWith("data-"))
          expect(value, `${tag.name}.${key}`).not.toMatch(/NaN|undefined|null|Infinity/);
      }
    }
    const boxes = textBoxes(root, measured);
    for (const box of boxes) {
      const where = `"${box.text}" at ${box.x},${box.y}`;
      expect(box.x, where).toBeGreaterThanOrEqual(-0.5);
      expect(box.x + box.width, where).toBeLessThanOrEqual(width + 0.5);
      expect(box.y, where).toBeGreaterThanOrEqual(-0.5);
      expect(box.y + box.height, where).toBeLessThanOrEqual(figure.height + 0.5);
    }
    // labels inside a plot may lie over each other where values do; those around it may not
    const outside = boxes.filter((box) => !inPlot(box.tag));
    outside.forEach((a, i) => outside.slice(i + 1).forEach((b) => expect(overlap(a, b), `"${a.text}" over "${b.text}"`).toBe(false)));
  });
});

function inPlot(tag: Tag): boolean {
  return tag.attributes["data-role"] === "over" || (tag.parent !== null && inPlot(tag.parent));
}

test("a name that is elided has all of itself in a tooltip", () => {
  const study = studyOf("twelve arms with long names");
  const root = parseSvg(figures.curves.draw(study, {}, { width: 320, theme: "light" }).svg);
  const labels = descendants(root).filter((tag) => tag.attributes["data-role"] === "legend");
  expect(labels.map((tag) => tag.children.find((child) => child.name === "title")?.text)).toEqual(study.arms.map((arm) => arm.name));
  expect(new Set(labels.map((tag) => tag.text)).size).toBe(12);
});

test("what a name holds never becomes markup", () => {
  for (const name of Object.keys(figures)) {
    const { svg, html = "" } = figures[name].draw(studyOf("names with markup"), {}, { width: 600, theme: "auto" });
    expect(svg + html).not.toContain("<script");
  }
});

test("areas lie inside the figure and have ordered domains", () => {
  for (const name of ["curves", "tradeOff", "loadOverTime"]) {
    const figure = figures[name].draw(studyOf("twelve arms"), {}, { width: 720, theme: "light" });
    expect(figure.areas.length).toBeGreaterThan(0);
    for (const area of figure.areas) {
      expect(area.x + area.width).toBeLessThanOrEqual(figure.width);
      expect(area.y + area.height).toBeLessThanOrEqual(figure.height);
      expect(area.yScale.domain[0]).toBeLessThan(area.yScale.domain[1]);
    }
  }
});
