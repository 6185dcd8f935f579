import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closingQuestion } from "./closing.ts";

describe("closing a window", () => {
  it("asks nothing when all is saved and nothing trains", () => {
    expect(closingQuestion({ name: "a.md", dirty: false, activeRuns: 0 })).toBeNull();
  });

  it("offers to keep a checkpoint while runs are active", () => {
    const question = closingQuestion({ name: "a.md", dirty: false, activeRuns: 3 });
    expect(question?.message).toBe("3 runs are not finished.");
    expect(question?.answers.map((it) => it.answer)).toEqual(["checkpoint", "cancel"]);
  });

  it("asks once when there are both unsaved changes and active runs", () => {
    const question = closingQuestion({ name: "a.md", dirty: true, activeRuns: 1 });
    expect(question?.message).toContain("a.md");
    expect(question?.detail).toContain("1 run is not finished");
  });

  it("can always be cancelled", () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), fc.nat(), (name, dirty, activeRuns) => {
        const question = closingQuestion({ name, dirty, activeRuns });
        expect(question === null || question.answers.at(-1)?.answer === "cancel").toBe(true);
      }),
    );
  });
});
