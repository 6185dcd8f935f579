import { expect, it } from "vitest";
import { outlineOf } from "./outline.ts";

const prose = (key: string, text: string) => ({ key, kind: "prose" as const, text, id: null });
const cell = (id: string) => ({ key: id, kind: "cell" as const, text: "", id });

it("the outline nests cells below the heading they follow", () => {
  const entries = outlineOf([cell("first"), prose("p", "# One\ntext\n## Two *bold* ##"), cell("second")]);
  expect(entries.map((it) => [it.label, it.depth])).toEqual([
    ["#first", 0],
    ["One", 0],
    ["Two bold", 1],
    ["#second", 2],
  ]);
});

it("the outline takes no heading from inside a fence", () => {
  expect(outlineOf([prose("p", "```sh\n# a comment\n```\n# Real")]).map((it) => it.label)).toEqual(["Real"]);
});
