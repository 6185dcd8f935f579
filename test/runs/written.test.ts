import { expect, it } from "vitest";
import { written } from "../../experiments/runs/spec/written.ts";

it("writes a config value as a cell would hold it", () => {
  expect(written({ gamma: [{ until: 0.96, value: 5e-3 }], "not a name": "sign" })).toBe(
    '{ gamma: [{ until: 0.96, value: 0.005 }], "not a name": "sign" }',
  );
  expect([written({}), written([]), written(true)]).toEqual(["{}", "[]", "true"]);
});

it("calls none what is not set", () => {
  expect([written(null), written(undefined)]).toEqual(["none", "none"]);
});
