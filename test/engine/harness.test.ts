import { describe, expect, test } from "vitest";
import type { Backend, Executable } from "../../engine/backends/backend.ts";
import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import type { PlannedOp, Slice } from "../../engine/plan/plan-types.ts";
import { differenceOf, expectAgree, tolerance } from "./agree.ts";
import { opCases } from "./cases/index.ts";
import type { OpCase } from "./cases/op-case.ts";
import { runCase } from "./harness.ts";

const reference = createReferenceBackend();

/** The reference with a fault: `corrupt` acts after each run of the one op. */
function faulty(corrupt: (op: PlannedOp, executable: Executable) => void): Backend {
  return {
    ...reference,
    compile: async (plan, options) => {
      const executable = await reference.compile(plan, options);
      return {
        write: (...args) => executable.write(...args),
        read: (...args) => executable.read(...args),
        run(list, first) {
          executable.run(list, first);
          corrupt(plan.lists[list][0], executable);
        },
        finish: () => executable.finish(),
        dispose: () => executable.dispose(),
      };
    },
  };
}

const element = (slice: Slice, index: number): Slice => ({ ...slice, offset: slice.offset + index, length: 1, shape: [1] });
const caseOf = (kind: string, which: (opCase: OpCase) => boolean = () => true) => {
  const found = opCases.find((opCase) => opCase.kind === kind && opCase.inputs[0].shape[0] > 30 && which(opCase));
  if (!found) throw new Error(`no case of ${kind}`);
  return found;
};
const product = caseOf("matmul", ({ accumulate }) => !accumulate[0]);

describe("the harness throws when an op", () => {
  test.each([
    ["right behind an output", 0],
    ["a whole slice behind it", 64],
    ["before it", -1],
  ])("writes %s", async (_, distance) => {
    const backend = faulty(({ outputs: [c] }, executable) =>
      executable.write(element(c, distance < 0 ? distance : c.length + distance), [1]),
    );
    await expect(expectAgree(backend, reference, product, 1)).rejects.toThrow("outside output 0");
  });

  test("leaves an element unwritten", async () => {
    const backend = faulty(({ outputs: [c] }, executable) => executable.write(element(c, c.length - 1), [NaN]));
    await expect(expectAgree(backend, reference, product, 1)).rejects.toThrow("not written");
  });

  test("leaves an index unwritten", async () => {
    const backend = faulty(({ outputs: [idx] }, executable) => executable.write(element(idx, 3), [-2147483648]));
    await expect(expectAgree(backend, reference, caseOf("topk"), 1)).rejects.toThrow("not written");
  });

  test("gets one index wrong", async () => {
    const backend = faulty(({ outputs: [idx] }, executable) => executable.write(element(idx, 3), [5000]));
    await expect(expectAgree(backend, reference, caseOf("topk"), 1)).rejects.toThrow("[0,3]: 5000 instead of");
  });

  test("gets one element wrong by a thousandth, and says which", async () => {
    const [right] = await runCase(reference, product, 1);
    const backend = faulty(({ outputs: [c] }, executable) => executable.write(element(c, 40), [right[40] * 1.001]));
    const message = /matmul \{"m":31,"n":33,"k":32.* seed 1: .* worst at \[1,7\]/;
    await expect(expectAgree(backend, reference, product, 1)).rejects.toThrow(message);
  });
});

describe("the difference of two outputs", () => {
  test("is relative to the exact one, in norm and at the worst element", () => {
    expect(differenceOf(Float64Array.of(3, 4.5), Float64Array.of(3, 4))).toEqual({ normalised: 0.1, worst: 0.125, at: 1 });
  });

  test("is relative to the size before cancellation where all cancels", () => {
    expect(differenceOf(Float64Array.of(0, 1e-7), Float64Array.of(0, 0), 1).worst).toBe(1e-7);
  });

  test("is infinite where only one side is finite, and none where neither is", () => {
    expect(differenceOf(Float64Array.of(1, Infinity), Float64Array.of(1, 2)).worst).toBe(Infinity);
    expect(differenceOf(Float64Array.of(1, 2), Float64Array.of(1, NaN)).worst).toBe(Infinity);
    expect(differenceOf(Float64Array.of(1, NaN), Float64Array.of(1, Infinity)).worst).toBe(0);
  });

  test("has to be zero for what only copies", () => {
    expect(tolerance(0)).toEqual({ normalised: 0, worst: 0 });
  });
});
