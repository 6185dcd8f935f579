import { beforeAll, describe, expect, test } from "vitest";
import { buildCli, switchyard } from "../cli/bundle.ts";
import type { BenchSummary } from "../../experiments/bench/summary.ts";

beforeAll(buildCli, 60_000);

describe("switchyard bench", () => {
  test("measures with two workers and prints one object per model", async () => {
    const { code, stdout, stderr } = await switchyard([
      "bench",
      "--backend",
      "cpu",
      "--model",
      "XS",
      "--jobs",
      "2",
      "--steps",
      "3",
      "--json",
    ]);
    expect(code, stderr).toBe(0);
    const summary = JSON.parse(stdout) as BenchSummary;
    expect(summary).toMatchObject({ model: "XS", workers: 2, replicas: 1, rounds: 3, backend: { name: "cpu" }, dispatchesPerStep: null });
    const { tokensPerSecond, stepMilliseconds, flopsPerSecond, flopsPerToken, memoryBytes, residentBytes, losses } = summary;
    expect(tokensPerSecond.best).toBeGreaterThanOrEqual(tokensPerSecond.median);
    expect(flopsPerSecond).toBeCloseTo(flopsPerToken * tokensPerSecond.median, -3);
    expect(stepMilliseconds).toBeGreaterThan(0);
    expect(residentBytes).toBeGreaterThan(2 * memoryBytes!);
    expect(losses.first).toBeCloseTo(Math.log(256), 0);
    expect(losses.last).toBeLessThan(losses.first);
  });

  test("says in words what a person asked wrongly", async () => {
    expect(await switchyard(["bench", "--model", "XXS"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--model XXS: did you mean XS?"),
    });
    expect(await switchyard(["bench", "--backend", "cpu", "--replicas", "3"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("only webgpu trains replicas"),
    });
  });

  test("a model that does not fit is an error with the numbers, not a crash", async () => {
    const { code, stderr } = await switchyard(["bench", "--backend", "cpu", "--model", "L", "--jobs", "1", "--steps", "1"]);
    expect(code).toBe(1);
    expect(stderr).toContain("L on cpu: the plan needs");
  });
});
