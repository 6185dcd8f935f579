import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { proseToHtml } from "../../experiments/report/prose.ts";

const html = (markdown: string) => proseToHtml(markdown, { math: "mathml" });
/** With each formula as its source in brackets. */
const shown = (markdown: string) =>
  html(markdown)
    .replace(/<math.*?<annotation[^>]*>(.*?)<\/annotation>.*?<\/math>/gs, "[$1]")
    .replace(/<\/?(?:span|p)[^>]*>/g, "")
    .trim();

describe("single dollars are formulas by Pandoc's rule", () => {
  test.each([
    ["costs between $200 and $300 a month", "costs between $200 and $300 a month"],
    ["Escaped: \\$500, and a formula $x = 10$.", "Escaped: $500, and a formula [x = 10]."],
    ["$5 and $x$", "$5 and [x]"],
    ["$20,000 to $30,000, or $1", "$20,000 to $30,000, or $1"],
    ["$ x$ and $x $", "$ x$ and $x $"],
    ["$x$5", "$x$5"],
    ["($x$), $y$-z and $\\alpha f_i$.", "([x]), [y]-z and [\\alpha f_i]."],
    ["a $x\ny$ b", "a [x\ny] b"],
    ["US$5 or A$7", "US$5 or A$7"],
    ["**$5** and *$6*", "<strong>$5</strong> and <em>$6</em>"],
    ["$a$$ and $5", "$a$$ and $5"],
    ["inline $$x^2$$ displayed", "inline [x^2] displayed"],
  ])("%j", (markdown, words) => expect(shown(markdown)).toBe(words));

  test("amounts of money are never formulas", () => {
    const amount = fc
      .tuple(fc.integer({ min: 1, max: 99_999 }), fc.constantFrom("", "k", ".50", " million", ","))
      .map(([n, unit]) => `$${n}${unit}`);
    fc.assert(
      fc.property(fc.array(amount, { minLength: 1, maxLength: 5 }), (amounts) => {
        const text = amounts.join(" and ");
        expect(shown(text)).toBe(text);
      }),
    );
  });
});

test("a formula that KaTeX cannot take at all is a sentence in its place, and the text around it stands", () => {
  const problems: string[] = [];
  const deep = `$${"\\sqrt{".repeat(20_000)}x${"}".repeat(20_000)}$`;
  const page = proseToHtml(`before ${deep} after $y$`, { math: "mathml", onProblem: (text) => problems.push(text) });
  expect(page).toMatch(
    /before <span class="warning">A formula is shown as it was written: it has 140,001 characters; 5,000 are read\.<\/span> <code>.*<\/code> after .*<math/s,
  );
  expect(problems).toEqual(["A formula is shown as it was written: it has 140,001 characters; 5,000 are read"]);
});

test("a text that is longer than is read is shown as it was written, and told of", () => {
  const problems: string[] = [];
  const page = proseToHtml("*a* ".repeat(60_000), { math: "mathml", onProblem: (text) => problems.push(text) });
  expect(page).toContain("This text is shown as it was written: it has 240,000 characters; 200,000 are read.");
  expect(problems).toEqual(["A text of the notebook is shown as it was written: it has 240,000 characters; 200,000 are read"]);
});
