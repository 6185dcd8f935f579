import { describe, expect, it } from "vitest";
import { validatedSteps } from "./validations.ts";

const run = (...steps: number[]) => ({
  events: steps.flatMap((step) => [
    { kind: "step", step: step - 1 },
    { kind: "eval", step },
  ]),
});
const experiment = (...runs: object[]) => ({ arms: [{ runs }] }) as never;

describe("steps a scrubber can stand at", () => {
  it("are those of any run's validations, once and in order", () =>
    expect(validatedSteps(experiment(run(50, 100), run(100, 150)))).toEqual([50, 100, 150]));
  it("are none before the first validation, or where a result came without its curve", () =>
    expect(validatedSteps(experiment({ events: [{ kind: "step", step: 1 }] }, {}))).toEqual([]));
});
