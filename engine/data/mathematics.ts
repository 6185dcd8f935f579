import { stream, type RandomStream } from "../random.ts";

/**
 * School arithmetic and algebra as text: a question, its answer on the next line, an empty line; in the manner of
 * Saxton et al., "Analysing Mathematical Reasoning Abilities of Neural Models" (arXiv 1904.01557). Integers only, so every
 * answer is exact and the text is equal on every platform. Plain ASCII.
 */

type Question = (random: RandomStream) => { question: string; answer: string };

/** Whole problems from the stream of `seed`, as many as fit into `length` characters. */
export function generateMathematics(seed: number, length: number): string {
  const random = stream(seed, "mathematics");
  const problems: string[] = [];
  for (let used = 0; ; ) {
    const { question, answer } = questions[random.below(questions.length)](random);
    const problem = `${question}\n${answer}\n\n`;
    used += problem.length;
    if (used > length) return problems.join("");
    problems.push(problem);
  }
}

const questions: Question[] = [
  addition,
  subtraction,
  multiplication,
  division,
  nestedExpression,
  linearEquation,
  linearSystem,
  derivative,
  polynomialValue,
  collectTerms,
  expandProduct,
  greatestCommonDivisor,
  leastCommonMultiple,
  primeFactors,
  remainder,
  nextTerm,
  largestOf,
  sortNumbers,
  comparison,
  placeValue,
  inBase,
];

const letters = ["x", "y", "z"];
const functionNames = ["f", "g", "h", "p", "q"];

function between(random: RandomStream, low: number, high: number): number {
  return low + random.below(high - low + 1);
}

/** Not zero, from −size to size. */
function nonZero(random: RandomStream, size: number): number {
  const magnitude = between(random, 1, size);
  return random.below(2) === 0 ? magnitude : -magnitude;
}

function pick<T>(random: RandomStream, from: readonly T[]): T {
  return from[random.below(from.length)];
}

/** A natural number whose count of digits, not whose value, is uniform: small ones are as common as large ones. */
function natural(random: RandomStream, maxDigits: number): number {
  return random.below(10 ** between(random, 1, maxDigits));
}

/** In parentheses when negative, as an operand is written. */
function operand(value: number): string {
  return value < 0 ? `(${value})` : `${value}`;
}

/** coefficients[i] belongs to x^i; highest power first, e.g. "-3*x^2 + x - 7". */
function polynomial(coefficients: number[], x: string): string {
  let text = "";
  for (let power = coefficients.length - 1; power >= 0; power--) {
    const coefficient = coefficients[power];
    if (coefficient === 0) continue;
    const magnitude = Math.abs(coefficient);
    const variable = power === 0 ? "" : power === 1 ? x : `${x}^${power}`;
    const term = variable === "" ? `${magnitude}` : magnitude === 1 ? variable : `${magnitude}*${variable}`;
    if (text === "") text = coefficient < 0 ? `-${term}` : term;
    else text += coefficient < 0 ? ` - ${term}` : ` + ${term}`;
  }
  return text === "" ? "0" : text;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function addition(random: RandomStream) {
  const [a, b] = [natural(random, 4), natural(random, 4)];
  return { question: `What is ${a} + ${b}?`, answer: `${a + b}` };
}

function subtraction(random: RandomStream) {
  const [a, b] = [natural(random, 4), natural(random, 4)];
  return { question: `What is ${a} - ${b}?`, answer: `${a - b}` };
}

function multiplication(random: RandomStream) {
  const [a, b] = [natural(random, 2), natural(random, 2)];
  return { question: `What is ${a} * ${b}?`, answer: `${a * b}` };
}

function division(random: RandomStream) {
  const [quotient, divisor] = [natural(random, 3), between(random, 1, 20)];
  const dividend = quotient * divisor;
  return { question: `What is ${dividend} divided by ${divisor}?`, answer: `${quotient}` };
}

/** A tree of +, − and × over one-digit numbers. */
function nestedExpression(random: RandomStream) {
  const build = (depth: number): { text: string; value: number } => {
    if (depth === 0) {
      const value = nonZero(random, 9);
      return { text: operand(value), value };
    }
    const left = build(depth - 1);
    const right = build(random.below(depth));
    switch (random.below(3)) {
      case 0:
        return { text: `(${left.text} + ${right.text})`, value: left.value + right.value };
      case 1:
        return { text: `(${left.text} - ${right.text})`, value: left.value - right.value };
      default:
        return { text: `${left.text}*${right.text}`, value: left.value * right.value };
    }
  };
  const { text, value } = build(between(random, 2, 3));
  return { question: `Evaluate ${text}.`, answer: `${value}` };
}

function linearEquation(random: RandomStream) {
  const x = pick(random, letters);
  const [solution, a, b] = [nonZero(random, 20), nonZero(random, 12), between(random, -30, 30)];
  const c = between(random, -9, 9);
  // a·x + b = c·x + d, with c ≠ a so that the solution is the only one.
  const right = c === a ? 0 : c;
  const d = (a - right) * solution + b;
  return { question: `Solve ${polynomial([b, a], x)} = ${polynomial([d, right], x)} for ${x}.`, answer: `${x} = ${solution}` };
}

function linearSystem(random: RandomStream) {
  const [x, y] = letters;
  const [vx, vy] = [nonZero(random, 9), nonZero(random, 9)];
  const [a, b] = [between(random, 1, 5), nonZero(random, 5)];
  const [e, candidate] = [between(random, 1, 5), nonZero(random, 5)];
  // The determinant a·f − b·e is kept away from zero: b·e is not zero, so changing f's sign is enough.
  const f = a * candidate === b * e ? -candidate : candidate;
  const equation = (p: number, q: number) =>
    `${polynomial([0, p], x)} ${q < 0 ? "-" : "+"} ${polynomial([0, Math.abs(q)], y)} = ${p * vx + q * vy}`;
  return { question: `Solve ${equation(a, b)}, ${equation(e, f)} for ${x} and ${y}.`, answer: `${x} = ${vx}, ${y} = ${vy}` };
}

function derivative(random: RandomStream) {
  const x = pick(random, letters);
  const coefficients = Array.from({ length: between(random, 2, 5) }, () => between(random, -12, 12));
  coefficients.push(nonZero(random, 12));
  const slope = coefficients.slice(1).map((coefficient, index) => coefficient * (index + 1));
  const text = polynomial(coefficients, x);
  return { question: `Differentiate ${text} with respect to ${x}.`, answer: polynomial(slope, x) };
}

function polynomialValue(random: RandomStream) {
  const f = pick(random, functionNames);
  const coefficients = [between(random, -9, 9), between(random, -9, 9), nonZero(random, 5)];
  const at = between(random, -6, 6);
  const value = coefficients[0] + coefficients[1] * at + coefficients[2] * at * at;
  return { question: `Let ${f}(x) = ${polynomial(coefficients, "x")}. What is ${f}(${at})?`, answer: `${value}` };
}

function collectTerms(random: RandomStream) {
  const x = pick(random, letters);
  const terms = Array.from({ length: between(random, 3, 5) }, () => nonZero(random, 15));
  const constant = nonZero(random, 20);
  const text = terms
    .map((term, index) => (index === 0 ? polynomial([0, term], x) : `${term < 0 ? "-" : "+"} ${polynomial([0, Math.abs(term)], x)}`))
    .join(" ");
  const sum = terms.reduce((total, term) => total + term, 0);
  return {
    question: `Collect the terms in ${text} ${constant < 0 ? "-" : "+"} ${Math.abs(constant)}.`,
    answer: polynomial([constant, sum], x),
  };
}

function expandProduct(random: RandomStream) {
  const x = pick(random, letters);
  const [a, b, c, d] = [nonZero(random, 6), nonZero(random, 9), nonZero(random, 6), nonZero(random, 9)];
  return {
    question: `Expand (${polynomial([b, a], x)})*(${polynomial([d, c], x)}).`,
    answer: polynomial([b * d, a * d + b * c, a * c], x),
  };
}

function greatestCommonDivisor(random: RandomStream) {
  const common = between(random, 1, 24);
  const [a, b] = [common * between(random, 1, 24), common * between(random, 1, 24)];
  return { question: `Calculate the greatest common divisor of ${a} and ${b}.`, answer: `${gcd(a, b)}` };
}

function leastCommonMultiple(random: RandomStream) {
  const [a, b] = [between(random, 2, 40), between(random, 2, 40)];
  return { question: `Calculate the lowest common multiple of ${a} and ${b}.`, answer: `${(a / gcd(a, b)) * b}` };
}

function primeFactors(random: RandomStream) {
  const value = between(random, 2, 999);
  const factors: number[] = [];
  let rest = value;
  for (let prime = 2; rest > 1; prime++) {
    for (; rest % prime === 0; rest /= prime) factors.push(prime);
  }
  return { question: `Write ${value} as a product of primes.`, answer: factors.join("*") };
}

function remainder(random: RandomStream) {
  const [divisor, dividend] = [between(random, 2, 60), natural(random, 4)];
  return { question: `What is the remainder when ${dividend} is divided by ${divisor}?`, answer: `${dividend % divisor}` };
}

/** Arithmetic and quadratic sequences. */
function nextTerm(random: RandomStream) {
  const [start, step, bend] = [between(random, -30, 60), nonZero(random, 15), random.below(2) === 0 ? 0 : nonZero(random, 3)];
  const terms = Array.from({ length: 5 }, (_, n) => start + step * n + bend * n * n);
  return { question: `What is next in ${terms.slice(0, 4).join(", ")}?`, answer: `${terms[4]}` };
}

function largestOf(random: RandomStream) {
  const values = Array.from({ length: between(random, 3, 5) }, () => between(random, -99, 99));
  const [word, value] = pick(random, [
    ["biggest", Math.max(...values)],
    ["smallest", Math.min(...values)],
  ] as const);
  return { question: `What is the ${word} value in ${values.join(", ")}?`, answer: `${value}` };
}

function sortNumbers(random: RandomStream) {
  const values = Array.from({ length: between(random, 3, 6) }, () => between(random, -99, 99));
  const [order, direction] = pick(random, [
    ["ascending", 1],
    ["descending", -1],
  ] as const);
  return { question: `Put ${values.join(", ")} in ${order} order.`, answer: [...values].sort((a, b) => direction * (a - b)).join(", ") };
}

function comparison(random: RandomStream) {
  const a = between(random, -500, 500);
  const b = a + between(random, -3, 3);
  const [word, holds] = pick(random, [
    ["greater than", a > b],
    ["less than", a < b],
    ["equal to", a === b],
    ["at least", a >= b],
    ["at most", a <= b],
  ] as const);
  return { question: `Is ${a} ${word} ${b}?`, answer: holds ? "True" : "False" };
}

function placeValue(random: RandomStream) {
  const value = between(random, 1000, 99_999);
  const places = ["units", "tens", "hundreds", "thousands"];
  const place = random.below(places.length);
  return { question: `What is the ${places[place]} digit of ${value}?`, answer: `${Math.trunc(value / 10 ** place) % 10}` };
}

function inBase(random: RandomStream) {
  const [value, base] = [between(random, 1, 999), pick(random, [2, 3, 4, 5, 6, 7, 8, 9, 16])];
  return { question: `What is ${value} in base ${base}?`, answer: value.toString(base) };
}
