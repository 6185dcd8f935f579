import { expect, it } from "vitest";
import { nobodyLooks } from "./attention.ts";

const seen = { visible: true, minimized: false };

it("somebody may look as long as one window is on the screen", () => {
  expect(
    nobodyLooks([
      { visible: false, minimized: false },
      { visible: true, minimized: true },
    ]),
  ).toBe(true);
  expect(nobodyLooks([{ visible: true, minimized: true }, seen])).toBe(false);
  expect(nobodyLooks([seen])).toBe(false);
});
