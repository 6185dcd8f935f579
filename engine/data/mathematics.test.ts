import { describe, expect, test } from "vitest";
import { generateMathematics } from "./mathematics.ts";

const problems = generateMathematics(1, 400_000)
  .trimEnd()
  .split("\n\n")
  .map((problem) => problem.split("\n"));

/** Value of an expression in JavaScript's own arithmetic, ^ read as a power. */
const value = (expression: string, scope: Record<string, number> = {}): number =>
  new Function(...Object.keys(scope), `return ${expression.replaceAll("^", "**").replace(/(?<![\w)])-(\w+)\*\*/g, "-1*$1**")};`)(
    ...Object.values(scope),
  );

/** Checks the answer of every problem whose question matches; there must be at least a hundred of them. */
function check(pattern: RegExp, verify: (match: string[], answer: string) => void) {
  let seen = 0;
  for (const [question, answer] of problems) {
    const match = pattern.exec(question);
    if (!match) continue;
    seen++;
    verify(match, answer);
  }
  expect(seen).toBeGreaterThan(100);
}

describe("generated mathematics", () => {
  test("is a question and an answer per problem, in whole problems of at most the length asked for", () => {
    expect(problems.every((problem) => problem.length === 2 && problem[0] !== "" && problem[1] !== "")).toBe(true);
    const text = generateMathematics(2, 1000);
    expect(text.length).toBeLessThanOrEqual(1000);
    expect(text.endsWith("\n\n")).toBe(true);
  });

  test("depends on the seed, and a longer text begins like a shorter one", () => {
    expect(generateMathematics(2, 500)).not.toBe(generateMathematics(3, 500));
    const short = generateMathematics(2, 500);
    expect(generateMathematics(2, 5000).slice(0, short.length)).toBe(short);
  });

  test("computes what it asks for", () => {
    check(/^(?:What is|Evaluate|Calculate) ([-+*() 0-9]+)[?.]$/, ([, expression], answer) =>
      expect(Number(answer)).toBe(value(expression) + 0),
    );
    check(/^What is (\d+) divided by (\d+)\?$/, ([, a, b], answer) => expect(Number(answer) * Number(b)).toBe(Number(a)));
    check(/^What is the remainder when (\d+) is divided by (\d+)\?$/, ([, a, b], answer) =>
      expect(Number(answer)).toBe(Number(a) % Number(b)),
    );
    check(/^What is (\d+) in base (\d+)\?$/, ([, a, base], answer) => expect(Number.parseInt(answer, Number(base))).toBe(Number(a)));
    check(/^Write (\d+) as a product of primes\.$/, ([, a], answer) => {
      expect(value(answer)).toBe(Number(a));
      for (const factor of answer.split("*").map(Number)) for (let d = 2; d < factor; d++) expect(factor % d).not.toBe(0);
    });
    check(/^Is (-?\d+) (greater than|less than|equal to|at least|at most) (-?\d+)\?$/, ([, a, word, b], answer) => {
      const operator = { "greater than": ">", "less than": "<", "equal to": "===", "at least": ">=", "at most": "<=" }[word];
      expect(answer).toBe(value(`${a} ${operator} ${b}`) ? "True" : "False");
    });
    check(/^Calculate the greatest common divisor of (\d+) and (\d+)\.$/, ([, a, b], answer) => {
      const common = Array.from({ length: Number(a) }, (_, i) => i + 1).filter((d) => Number(a) % d === 0 && Number(b) % d === 0);
      expect(Number(answer)).toBe(Math.max(...common));
    });
    check(/^Calculate the lowest common multiple of (\d+) and (\d+)\.$/, ([, a, b], answer) => {
      let multiple = Number(a);
      while (multiple % Number(b) !== 0) multiple += Number(a);
      expect(Number(answer)).toBe(multiple);
    });
  });

  test("gives solutions that solve its equations", () => {
    check(/^Solve (\S[^,=]*) = ([^,=]+) for ([xyz])\.$/, ([, left, right, x], answer) => {
      const scope = { [x]: Number(answer.replace(`${x} = `, "")) };
      expect(value(left, scope) + 0).toBe(value(right, scope) + 0);
    });
    check(/^Solve (.+) = (-?\d+), (.+) = (-?\d+) for x and y\.$/, ([, first, a, second, b], answer) => {
      const [x, y] = answer.split(", ").map((part) => Number(part.slice(4)));
      expect([value(first, { x, y }) + 0, value(second, { x, y }) + 0]).toEqual([Number(a), Number(b)]);
      // Only one solution: the two left sides are not proportional.
      const at = (text: string, scope: { x: number; y: number }) => value(text, scope);
      const determinant = at(first, { x: 1, y: 0 }) * at(second, { x: 0, y: 1 }) - at(first, { x: 0, y: 1 }) * at(second, { x: 1, y: 0 });
      expect(determinant).not.toBe(0);
    });
  });

  test("gives polynomials equal to those asked for", () => {
    check(/^(?:Expand|Collect the terms in) (.*([xyz]).*)\.$/, ([, expression, x], answer) => {
      for (const at of [-3, 0, 2, 7]) expect(value(answer, { [x]: at }) + 0).toBe(value(expression, { [x]: at }) + 0);
    });
    check(/^Let [a-z]\(x\) = (.+)\. What is [a-z]\((-?\d+)\)\?$/, ([, text, at], answer) =>
      expect(Number(answer)).toBe(value(text, { x: Number(at) }) + 0),
    );
    check(/^Differentiate (.*) with respect to ([xyz])\.$/, ([, text, x], answer) => {
      // The four-point central difference is exact up to degree 4, so the few of degree 5 are left out.
      const f = (at: number) => value(text, { [x]: at });
      const degree = Number(/\^(\d)/.exec(text)?.[1] ?? 1);
      if (degree > 4) return;
      for (const at of [-2, 0, 3])
        expect((8 * (f(at + 1) - f(at - 1)) - (f(at + 2) - f(at - 2))) / 12 + 0).toBe(value(answer, { [x]: at }) + 0);
    });
  });
});
