import { describe, expect, test } from "vitest";
import { proseToHtml } from "../../experiments/report/prose.ts";

const html = (markdown: string) => proseToHtml(markdown, { math: "mathml" });

describe("prose becomes HTML", () => {
  test("with GitHub's tables, lists and emphasis", () => {
    expect(html("| a | b |\n|---|---|\n| 1 | **2** |")).toMatch(/<table>.*<strong>2<\/strong>/s);
  });
  test("with formulas as MathML, inline and displayed", () => {
    const out = html("The loss $\\alpha f_i$ and\n\n$$\\sum_i f_i P_i$$");
    expect(out.match(/<math/g)).toHaveLength(2);
    expect(out).toContain('display="block"');
    expect(out).not.toContain("math-inline");
  });
  test("and a formula that cannot be read is shown, not thrown", () => expect(html("$\\frac{1}$")).toContain("\\frac{1}"));
});

describe("prose of a stranger", () => {
  test.each([
    ["a script element", "<script>alert(1)</script>hello"],
    ["an event handler", '<img src=x onerror="alert(1)">'],
    ["a javascript link", "[click](javascript:alert(1))"],
    ["a data link", "[click](data:text/html,<script>alert(1)</script>)"],
    ["a frame", "<iframe src='https://example.org'></iframe>"],
    ["a style", "<style>body{display:none}</style>"],
    ["a formula that links", "$\\href{javascript:alert(1)}{x}$"],
    ["a formula with HTML", "$\\htmlData{onclick=alert(1)}{x}$"],
    ["a code fence with a hostile language", '```"><script>alert(1)</script>\ncode\n```'],
  ])("cannot bring in %s", (_, markdown) => {
    const out = html(markdown);
    // text may show the words; no element, attribute or link may carry them
    const outsideText =
      out
        .replace(/<annotation[^>]*>[^<]*<\/annotation>/g, "")
        .match(/<[^>]*>/g)
        ?.join("") ?? "";
    expect(outsideText).not.toMatch(/script|onerror|onclick|javascript:|data:|iframe|<style/i);
  });
});
