import fc from "fast-check";
import { expect, test } from "vitest";
import { figures } from "../../experiments/figures/registry.ts";
import { measure, type Weight } from "../../experiments/figures/text.ts";
import { options, studies, viewOf } from "./arbitrary.ts";
import { descendants, overlap, parseSvg, textBoxes, type Box } from "./svg-tree.ts";

const measured = (text: string, size: number, weight: number) => measure(text, { size, weight: weight as Weight });

const patience = 300_000; // a machine that does ten other things

/** As many cases as a continuous run has time for; more when someone looks for trouble (FIGURE_RUNS=1000). */
const numRuns = Number(process.env.FIGURE_RUNS ?? 30);

const cases = (figure: string) =>
  studies.chain((study) =>
    fc.record({
      study: fc.constant(study),
      options: options[figure] ?? fc.constant({}),
      width: fc.integer({ min: 250, max: 1400 }),
      theme: fc.constantFrom("light" as const, "dark" as const),
      view: viewOf(study.arms.map(({ name }) => name)),
    }),
  );

/** Pairs that lie over each other, found along a sweep from top to bottom. */
function overlaps(boxes: readonly Box[]): [Box, Box][] {
  const sorted = [...boxes].sort((a, b) => a.y - b.y);
  return sorted.flatMap((a, i) => {
    const found: [Box, Box][] = [];
    for (let j = i + 1; j < sorted.length && sorted[j].y < a.y + a.height; j++) if (overlap(a, sorted[j])) found.push([a, sorted[j]]);
    return found;
  });
}

test.each(Object.keys(figures))(
  "%s: no text leaves the figure or lies over another, whatever the study, its numbers and its names",
  (name) => {
    fc.assert(
      fc.property(cases(name), ({ study, options, width, theme, view }) => {
        const figure = figures[name].draw(study, options, { width, theme, view });
        const root = parseSvg(figure.svg);
        for (const tag of descendants(root))
          for (const [key, value] of Object.entries(tag.attributes))
            if (!["aria-label", "data-arm", "data-domain"].includes(key))
              expect(value, `${tag.name}.${key}`).not.toMatch(/NaN|undefined|null|Infinity/);
        const boxes = textBoxes(root, measured);
        for (const box of boxes) {
          const where = `"${box.text}" at ${box.x},${box.y} of ${figure.width} × ${figure.height}`;
          expect(
            box.x >= -0.5 && box.x + box.width <= figure.width + 0.5 && box.y >= -0.5 && box.y + box.height <= figure.height + 0.5,
            where,
          ).toBe(true);
        }
        expect(overlaps(boxes).map(([a, b]) => `"${a.text}" and "${b.text}" at ${a.x},${a.y} and ${b.x},${b.y}`)).toEqual([]);
      }),
      // the first failure is as good as the smallest, and is there at once
      { numRuns, endOnFailure: true },
    );
  },
  patience,
);

test.each(Object.keys(figures))(
  "%s: a view changes neither the data nor the text alternative",
  (name) => {
    fc.assert(
      fc.property(cases(name), ({ study, options, width, theme, view }) => {
        const [whole, part] = [undefined, view].map((view) => figures[name].draw(study, options, { width, theme, view }));
        expect(part.alternative).toBe(whole.alternative);
        expect(part.csv).toBe(whole.csv);
        expect(part.legend.map(({ arm }) => arm)).toEqual(whole.legend.map(({ arm }) => arm));
      }),
      { numRuns: Math.ceil(numRuns / 3), endOnFailure: true },
    );
  },
  patience,
);
