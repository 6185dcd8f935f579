/**
 * An expression as SQL with its values apart. Only what `Searchable` says of a name gets into the SQL; everything a person
 * writes becomes a bound value.
 */
import type { Expression, Operand } from "./where.ts";

export interface Where {
  sql: string;
  values: (number | string)[];
}

export interface Searchable {
  /** name → SQL expression */
  columns: Readonly<Record<string, string>>;
  /** names whose value is looked up by name, with `fact` */
  facts: ReadonlySet<string>;
  /** SQL expression with one placeholder, for the name */
  fact: string;
}

export const namesOf = ({ columns, facts }: Searchable): ReadonlySet<string> => new Set([...Object.keys(columns), ...facts]);

export function whereSql(expression: Expression, searchable: Searchable): Where {
  const values: Where["values"] = [];
  const operand = (of: Operand): string => {
    if (of.kind === "value") {
      values.push(of.value);
      return "?";
    }
    const { sql, values: own } = nameSql(of.name, searchable);
    values.push(...own);
    return sql;
  };
  const text = (e: Expression): string => {
    switch (e.kind) {
      case "and":
      case "or":
        return `(${e.parts.map(text).join(e.kind === "and" ? " AND " : " OR ")})`;
      case "not":
        return `NOT (${text(e.of)})`;
      case "null":
        return `${operand(e.of)} IS ${e.not ? "NOT " : ""}NULL`;
      case "compare":
        return `${operand(e.left)} ${e.operator.toUpperCase()} ${operand(e.right)}`;
    }
  };
  return { sql: text(expression), values };
}

/** @throws {TypeError} for a name that is not searchable */
export function nameSql(name: string, { columns, facts, fact }: Searchable): Where {
  if (Object.hasOwn(columns, name)) return { sql: columns[name], values: [] };
  if (facts.has(name)) return { sql: fact, values: [name] };
  throw new TypeError(`runs have no ${name}`);
}
