import sqlite from "node-sqlite3-wasm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WhereError, parseWhere, type Searchable } from "../../experiments/runs/index-where.ts";

const searchable: Searchable = {
  columns: { arm: "runs.arm", seed: "runs.seed", status: "runs.status" },
  facts: new Set(["valLoss", "valBpb.prose", "train.optimizer.lr"]),
  fact: "(SELECT value FROM facts WHERE facts.run = runs.id AND facts.name = ?)",
};
const parse = (text: string) => parseWhere(text, searchable);

describe("an expression", () => {
  test("becomes SQL in which every value is a placeholder", () => {
    expect(parse("arm like '%free%' and seed >= 2")).toEqual({ sql: "(runs.arm LIKE ? AND runs.seed >= ?)", values: ["%free%", 2] });
    expect(parse("valLoss < 2.5e-1")).toEqual({ sql: `${searchable.fact} < ?`, values: ["valLoss", 0.25] });
  });

  test("binds `and` tighter than `or`, and `not` tighter than both; parentheses decide otherwise", () => {
    expect(parse("seed = 1 or seed = 2 and not arm = 'a'").sql).toBe("(runs.seed = ? OR (runs.seed = ? AND NOT (runs.arm = ?)))");
    expect(parse("(seed = 1 or seed = 2) and arm = 'a'").sql).toBe("((runs.seed = ? OR runs.seed = ?) AND runs.arm = ?)");
  });

  test("compares names with names, and takes keywords in any case", () => {
    expect(parse("valBpb.prose > valLoss OR arm IS NOT NULL").sql).toBe(`(${searchable.fact} > ${searchable.fact} OR runs.arm IS NOT NULL)`);
    expect(parse("arm Not Like 'x' or status is null").sql).toBe("(runs.arm NOT LIKE ? OR runs.status IS NULL)");
  });

  test("takes text in either quotes, a quote within written twice", () => {
    expect(parse(`arm = 'it''s' or arm = "a ""b"" 'c'"`).values).toEqual(["it's", `a "b" 'c'`]);
  });

  test("has true and false as 1 and 0", () => expect(parse("seed = true or seed = FALSE").values).toEqual([1, 0]));
});

describe("what is wrong is told with its name or place", () => {
  test.each([
    ["valLos < 2", "there is no column valLos (did you mean valLoss?)"],
    ["train.optimiser.lr = 1", "there is no column train.optimiser.lr (did you mean train.optimizer.lr?)"],
    ["status = done", "there is no column done; text needs quotes: 'done'"],
    ["seed <", "something is missing at the end: a name or a value"],
    ["seed", "something is missing at the end: a comparison (=, !=, <, <=, >, >=, like, is null)"],
    ["", "something is missing at the end: a name or a value"],
    ["seed = 1 seed = 2", "seed at column 10: expected and, or, or the end"],
    ["(seed = 1", "something is missing at the end: )"],
    ["seed = 1; DROP TABLE runs", "; at column 9 is not understood"],
    ["arm = 'x", "the text 'x has no closing '"],
    ["seed = 1 -- x", "-- at column 10 is not understood"],
    ["seed = 12abc", "12abc at column 8 is not understood"],
    ["and = 1", "and at column 1: expected a name or a value"],
  ])("%s", (text, message) => {
    expect(() => parse(text)).toThrow(new WhereError(message));
  });

  test("an expression that SQLite would not take for its depth is refused", () => expect(() => parse(`${"not ".repeat(2000)} seed = 1`)).toThrow("it has 2003 words; 500 are the most"));

  test("a name that every object has is no column", () => expect(() => parse("constructor = 1")).toThrow(WhereError));
});

const operators = ["=", "==", "!=", "<>", "<", "<=", ">", ">="] as const;
type Expression = { compare: [string, (typeof operators)[number], number] } | { null: string } | { not: Expression } | { and: [Expression, Expression] } | { or: [Expression, Expression] };
const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    fc.record({ compare: fc.tuple(fc.constantFrom("seed", "valLoss", "train.optimizer.lr"), fc.constantFrom(...operators), fc.integer({ min: 0, max: 3 })) }),
    fc.record({ null: fc.constantFrom("seed", "valLoss") }),
    fc.record({ not: tie("expression") }),
    fc.record({ and: fc.tuple(tie("expression"), tie("expression")) }),
    fc.record({ or: fc.tuple(tie("expression"), tie("expression")) }),
  ),
}));

const written = (e: Expression): string => {
  if ("compare" in e) return e.compare.join(" ");
  if ("null" in e) return `${e.null} is null`;
  if ("not" in e) return `not (${written(e.not)})`;
  return "and" in e ? `(${e.and.map(written).join(" and ")})` : `(${e.or.map(written).join(" or ")})`;
};

type Run = Record<string, number | undefined>;
/** True, false, or null where a run does not have the number: three-valued, as in SQL. */
const holds = (e: Expression, run: Run): boolean | null => {
  if ("null" in e) return run[e.null] === undefined;
  if ("not" in e) return negated(holds(e.not, run));
  if ("or" in e) return negated(conjunction(e.or.map((part) => negated(holds(part, run)))));
  if ("and" in e) return conjunction(e.and.map((part) => holds(part, run)));
  const [name, operator, value] = e.compare;
  const own = run[name];
  if (own === undefined) return null;
  const equal = own === value;
  return { "=": equal, "==": equal, "!=": !equal, "<>": !equal, "<": own < value, "<=": own <= value, ">": own > value, ">=": own >= value }[operator];
};
const negated = (value: boolean | null) => (value === null ? null : !value);
const conjunction = (values: (boolean | null)[]) => (values.includes(false) ? false : values.includes(null) ? null : true);

describe("in a database", () => {
  let database: InstanceType<typeof sqlite.Database>;
  const table: Run[] = [0, 1, 2, 3].flatMap((seed) => [undefined, 1, 2].map((valLoss) => ({ seed, valLoss, "train.optimizer.lr": seed === 3 ? undefined : (seed + (valLoss ?? 0)) % 3 })));
  beforeAll(() => {
    database = new sqlite.Database(":memory:");
    database.exec("CREATE TABLE runs(id INTEGER, arm TEXT, seed INTEGER, status TEXT); CREATE TABLE facts(run INTEGER, name TEXT, value)");
    table.forEach((run, id) => {
      database.run("INSERT INTO runs VALUES (?, '', ?, '')", [id, run.seed!]);
      for (const name of ["valLoss", "train.optimizer.lr"]) if (run[name] !== undefined) database.run("INSERT INTO facts VALUES (?, ?, ?)", [id, name, run[name]]);
    });
  });
  afterAll(() => database.close());

  test("an expression finds the runs for which it holds, and no run that lacks what it asks about", () => {
    fc.assert(
      fc.property(expression, (e) => {
        const { sql, values } = parse(written(e));
        const found = (database.all(`SELECT id FROM runs WHERE ${sql} ORDER BY id`, values) as { id: number }[]).map(({ id }) => id);
        expect(found).toEqual(table.flatMap((run, id) => (holds(e, run) === true ? [id] : [])));
      }),
      { numRuns: 300 },
    );
  });

  test("nothing that a person can write gets into the SQL but what is on the list", () => {
    const pieces = fc.constantFrom("seed", "valLoss", "arm", "=", "<", "like", "and", "or", "not", "(", ")", "is", "null", "'", '"', ";", "--", "/*", "1", "'a'", "DROP TABLE runs", "?", "\\", "\0", "runs.id", "UNION SELECT");
    const text = fc.oneof(fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(" ")), fc.string({ unit: "binary", maxLength: 40 }), fc.string());
    fc.assert(
      fc.property(text, (input) => {
        let where;
        try {
          where = parse(input);
        } catch (error) {
          expect(error).toBeInstanceOf(WhereError);
          return;
        }
        const rest = where.sql.replaceAll(searchable.fact, "").replaceAll(/runs\.(arm|seed|status)\b/g, "").replaceAll(/\b(AND|OR|NOT|LIKE|IS|NULL)\b/g, "");
        expect(rest).toMatch(/^[\s()?=<>!]*$/);
        expect(where.sql.split("?").length - 1).toBe(where.values.length);
        database.all(`SELECT id FROM runs WHERE ${where.sql}`, where.values); // SQLite takes it
      }),
      { numRuns: 1000 },
    );
  });
});
