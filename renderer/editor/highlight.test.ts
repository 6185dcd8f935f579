import fc from "fast-check";
import { expect, it } from "vitest";
import { highlight } from "./highlight.ts";

const textOf = (html: string): string =>
  html
    .replace(/<\/?span[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");

const pieces = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("\n", "`", "${", "}", "/*", "//", "<T>", "&", '"', "const ", " = "),
);

it("highlighting changes no character of the cell, whatever it holds", () => {
  fc.assert(
    fc.property(fc.array(pieces), (parts) => {
      const source = parts.join("");
      expect(textOf(highlight(source))).toBe(source);
    }),
  );
});

it("highlighting marks keywords, strings, numbers and comments", () => {
  const html = highlight('export const a = "x"; // 1\nlet b: number = 2;');
  for (const part of ['tok-keyword">export', 'tok-string">"x"', 'tok-comment">// 1', 'tok-number">2', 'tok-typeName">number'])
    expect(html).toContain(part);
});

it("a cell that contains HTML stays text", () => {
  expect(highlight('"<img src=x onerror=alert(1)>"')).not.toContain("<img");
});
