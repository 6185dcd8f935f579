import { describe, expect, it } from "vitest";
import type { PlotArea } from "../../experiments/figures/block.ts";
import { inWords, lineAt, readings } from "./readout.ts";

/** 100 steps over 400 pixels, losses 0 to 4 over 200 pixels. */
const area: PlotArea = {
  x: 40,
  y: 10,
  width: 400,
  height: 200,
  whole: [0, 100],
  xScale: { domain: [0, 100], log: false, name: "steps", whole: true },
  yScale: { domain: [0, 4], log: false, name: "loss" },
  lines: [
    { arm: "low", colour: "#000", x: [0, 50, 100], y: [2, 1, 1] },
    { arm: "high", colour: "#fff", x: [0, 50, 100], y: [4, 3, 3] },
    { arm: "short", colour: "#888", x: [0, 10, 20], y: [2, 2, 2] },
    { arm: "empty", colour: "#888", x: [], y: [] },
  ],
};
const at = (value: number, axis = "steps") => ({ axis, value });

describe("a crosshair", () => {
  it("reads the nearest point of every line that reaches it, the highest first", () => {
    expect(readings(area, at(48)).map(({ arm, x, y }) => [arm, x, y])).toEqual([
      ["high", 50, 3],
      ["low", 50, 1],
    ]);
    expect(readings(area, at(9)).map(({ arm }) => arm)).toEqual(["high", "low", "short"]);
    expect(readings(area, at(50))[0].at).toEqual([240, 60]);
  });

  it("reads nothing on another axis or outside of what is shown", () => {
    expect(readings(area, at(48, "tokens"))).toEqual([]);
    expect(readings(area, at(101))).toEqual([]);
  });

  it("can be said", () => {
    expect(inWords(area, at(48.4))).toBe("steps 48: high 3, low 1");
    expect(inWords({ ...area, lines: [] }, at(48))).toBe("steps 48: no values");
  });
});

describe("a pointer", () => {
  it("means the line that it is near, between its points too", () => {
    // half way from (0, 2) to (50, 1): 1.5 is 125 pixels above the foot
    expect(lineAt(area, 140, 210 - 75 + 6)).toBe("low");
    expect(lineAt(area, 140, 210 - 175 + 6)).toBe("high");
  });

  it("means none where none is near", () => {
    expect(lineAt(area, 400, 110)).toBeNull();
    expect(lineAt({ ...area, lines: [] }, 140, 135)).toBeNull();
  });
});
