/** An expression asked of one run in memory. It means what SQLite makes of it (tests hold both against each other). */
import type { Expression, Operand, Operator } from "./where.ts";

/** What a run has by a name; null where it has nothing. */
export type ValueOf = (name: string) => number | string | null;

/** What a column holds. */
export type Affinity = "number" | "text";

/** How SQLite's comparisons treat a side. */
type Side = Affinity | "fact" | "literal";

/** @param affinities of the names that are columns; all others are facts */
export function matches(expression: Expression, valueOf: ValueOf, affinities: Readonly<Record<string, Affinity>>): boolean {
  const sideOf = (of: Operand): Side =>
    of.kind === "value" ? "literal" : Object.hasOwn(affinities, of.name) ? affinities[of.name] : "fact";
  return holds(expression, valueOf, sideOf) === true;
}

type Truth = boolean | null;

/** True, false, or null where the run has nothing to compare: three-valued, as in SQL. */
function holds(e: Expression, valueOf: ValueOf, sideOf: (of: Operand) => Side): Truth {
  const value = (of: Operand) => (of.kind === "value" ? of.value : valueOf(of.name));
  switch (e.kind) {
    case "and":
      return conjunction(e.parts.map((part) => holds(part, valueOf, sideOf)));
    case "or":
      return negated(conjunction(e.parts.map((part) => negated(holds(part, valueOf, sideOf)))));
    case "not":
      return negated(holds(e.of, valueOf, sideOf));
    case "null":
      return (value(e.of) === null) !== e.not;
    case "compare": {
      const [left, right] = [value(e.left), value(e.right)];
      if (left === null || right === null) return null;
      if (e.operator === "like" || e.operator === "not like") return like(String(left), String(right)) === (e.operator === "like");
      const [a, b] = [sideOf(e.left), sideOf(e.right)];
      return compare(e.operator, drawn(left, a, b), drawn(right, b, a));
    }
  }
}

const negated = (value: Truth): Truth => (value === null ? null : !value);
const conjunction = (values: readonly Truth[]): Truth => (values.includes(false) ? false : values.includes(null) ? null : true);

/** A column of numbers makes a number of text beside it that reads as one; a column of text makes text of a literal, not of a fact. */
function drawn(value: number | string, own: Side, other: Side): number | string {
  if (other === "number" && own !== "number")
    return typeof value === "string" && /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(value) ? Number(value) : value;
  if (other === "text" && own === "literal") return String(value);
  return value;
}

function compare(operator: Exclude<Operator, "like" | "not like">, left: number | string, right: number | string): boolean {
  // every number comes before every text
  const order = typeof left !== typeof right ? (typeof left === "number" ? -1 : 1) : left < right ? -1 : left > right ? 1 : 0;
  switch (operator) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

/** `%` stands for anything, `_` for one character; only the letters a to z are alike in both cases. */
function like(text: string, written: string): boolean {
  const source = lowerAscii(written)
    .replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    .replaceAll("%", ".*")
    .replaceAll("_", ".");
  return new RegExp(`^${source}$`, "su").test(lowerAscii(text));
}

export const lowerAscii = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
