import { csvParse } from "d3";
import { describe, expect, test } from "vitest";
import { drawFigure, figures } from "../../experiments/figures/registry.ts";
import { makeStudy } from "./fixtures.ts";
import { balancing, learningRates, mtp } from "./studies.ts";

const frame = { width: 600, theme: "light" } as const;

describe("the data of a figure of several experiments", () => {
  const studies = new Map([
    ["first, of two", balancing],
    ["second", mtp],
    ["third", learningRates],
  ]);
  test.each(Object.keys(figures))("%s is one table with one header, and each row says whose it is", (figure) => {
    const ids = [...studies.keys()];
    const parts = ids.map((id) => csvParse(drawFigure({ figure, experiments: [id], options: {} }, studies, frame).csv));
    const all = csvParse(drawFigure({ figure, experiments: ids, options: {} }, studies, frame).csv);
    expect(all.columns[0]).toBe("experiment");
    expect(new Set(all.columns)).toEqual(new Set(["experiment", ...parts.flatMap(({ columns }) => columns)]));
    ids.forEach((id, i) => {
      const own = all.filter((row) => row.experiment === id);
      expect(own).toHaveLength(parts[i].length);
      own.forEach((row, r) => expect(row).toMatchObject(parts[i][r]));
    });
    expect(all).toHaveLength(parts.reduce((sum, { length }) => sum + length, 0));
  });
});

test.each(Object.keys(figures))("%s: a cell of its data is a word or one number in full", (figure) => {
  const { csv } = drawFigure({ figure, experiments: ["a"], options: {} }, new Map([["a", balancing]]), frame);
  for (const row of csvParse(csv))
    for (const [column, cell] of Object.entries(row)) expect(/\d ± \d|\[.*\d.*,|^[−+]\d/.test(cell), `${column}: ${cell}`).toBe(false);
});

test("a seed has in the data the number that the app shows", () => {
  const study = structuredClone(balancing);
  for (const run of study.arms.flatMap((arm) => arm.runs)) run.seed = { init: run.seedIndex + 1, data: run.seedIndex + 1 };
  for (const figure of ["curves", "tradeOff", "specialisation", "loadOverTime"]) {
    const rows = csvParse(drawFigure({ figure, experiments: ["a"], options: {} }, new Map([["a", study]]), frame).csv);
    expect([...new Set(rows.map((row) => row.seed))].sort(), figure).toEqual(["1", "2", "3"]);
  }
});

describe("smoothing of a run", () => {
  const study = makeStudy({
    arms: [{ name: "short" }, { name: "long", config: (config) => void (config.train.steps = 3000) }],
    seeds: 1,
    steps: 50,
  });
  const smoothed = (options: Record<string, unknown>, of = study) =>
    csvParse(
      drawFigure({ figure: "curves", experiments: ["a"], options: { metrics: ["trainLoss"], ...options } }, new Map([["a", of]]), frame)
        .csv,
    )
      .filter((row) => row.arm === "short")
      .map((row) => [row.step, row.smoothed]);

  test("is the same beside a longer one as alone", () => {
    expect(study.arms[1].runs[0].steps).toBe(3000);
    expect(smoothed({})).toEqual(smoothed({ arms: ["short"] }));
    expect(smoothed({ smoothing: 0.1 })).toEqual(smoothed({ smoothing: 0.1, arms: ["short"] }));
  });

  test("is the share of the run's own length that the note says: 2 % of 50 steps are a kernel of one step", () => {
    const { trainLoss, value } = { trainLoss: smoothed({ smoothing: 0 }), value: smoothed({}) };
    const raw = trainLoss.map(([, y]) => Number(y));
    // local linear regression with weights exp(−|Δ|/1), written out at step 25
    const at = 24;
    let [w, wd, wdd, wy, wdy] = [0, 0, 0, 0, 0];
    raw.forEach((y, i) => {
      const weight = Math.exp(-Math.abs(i - at));
      w += weight;
      wd += weight * (i - at);
      wdd += weight * (i - at) ** 2;
      wy += weight * y;
      wdy += weight * (i - at) * y;
    });
    expect(Number(value[at][1])).toBeCloseTo((wdd * wy - wd * wdy) / (w * wdd - wd * wd), 10);
  });

  test("does not change for what is drawn as a run goes on", () => {
    const half = structuredClone(study);
    const [run] = half.arms[0].runs;
    run.events = run.events!.slice(0, 26);
    run.status = "running";
    // far from its end, where the values that are not there yet would weigh e^-20
    const [now, then] = [smoothed({}, half), smoothed({})];
    for (let i = 0; i < 3; i++) expect(Number(now[i][1])).toBeCloseTo(Number(then[i][1]), 6);
  });
});
