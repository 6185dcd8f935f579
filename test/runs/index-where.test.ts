import sqlite from "node-sqlite3-wasm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WhereError, parseWhere } from "../../experiments/runs/index/where.ts";
import { matches, type Affinity } from "../../experiments/runs/index/where-match.ts";
import { namesOf, whereSql, type Searchable } from "../../experiments/runs/index/where-sql.ts";

const searchable: Searchable = {
  columns: { arm: "runs.arm", seed: "runs.seed", status: "runs.status" },
  facts: new Set(["valLoss", "valBpb.prose", "train.optimizer.lr"]),
  fact: "(SELECT value FROM facts WHERE facts.run = runs.id AND facts.name = ?)",
};
const parse = (text: string) => whereSql(parseWhere(text, namesOf(searchable)), searchable);
const affinities: Record<string, Affinity> = { arm: "text", seed: "number", status: "text" };

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
    expect(parse("valBpb.prose > valLoss OR arm IS NOT NULL").sql).toBe(
      `(${searchable.fact} > ${searchable.fact} OR runs.arm IS NOT NULL)`,
    );
    expect(parse("arm Not Like 'x' or status is null").sql).toBe("(runs.arm NOT LIKE ? OR runs.status IS NULL)");
  });

  test("takes text in either quotes, a quote within written twice", () => {
    expect(parse(`arm = 'it''s' or arm = "a ""b"" 'c'"`).values).toEqual(["it's", `a "b" 'c'`]);
  });

  test("has true and false as 1 and 0", () => expect(parse("seed = true or seed = FALSE").values).toEqual([1, 0]));
});

describe("what is wrong is told with its name or place", () => {
  test.each([
    ["valLos < 2", 1, "valLos at column 1 is nothing runs have (did you mean valLoss?)"],
    ["train.optimiser.lr = 1", 1, "train.optimiser.lr at column 1 is nothing runs have (did you mean train.optimizer.lr?)"],
    ["status = done", 10, "done at column 10 is nothing runs have; text needs quotes: 'done'"],
    ["seed <", 7, "something is missing at the end: a name or a value"],
    ["seed  ", 5, "something is missing at the end: a comparison (=, !=, <, <=, >, >=, like, is null)"],
    ["", 1, "something is missing at the end: a name or a value"],
    ["seed = 1 seed = 2", 10, "seed at column 10: expected and, or, or the end"],
    ["(seed = 1", 10, "something is missing at the end: )"],
    ["seed = 1; DROP TABLE runs", 9, "; at column 9 is not understood"],
    ["arm = 'x", 7, "the text 'x at column 7 has no closing '"],
    ["seed = 1 -- x", 10, "-- at column 10 is not understood"],
    ["seed = 12abc", 8, "12abc at column 8 is not understood"],
    ["and = 1", 1, "and at column 1: expected a name or a value"],
  ])("%s", (text, at, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ name: "WhereError", message, at }));
  });

  test("an expression that SQLite would not take for its depth is refused", () =>
    expect(() => parse(`${"not ".repeat(2000)} seed = 1`)).toThrow("it has 2003 words; 500 are the most"));

  test("a name that every object has is no column", () => expect(() => parse("constructor = 1")).toThrow(WhereError));
});

const operators = ["=", "==", "!=", "<>", "<", "<=", ">", ">=", "like", "not like"] as const;
const names = ["seed", "arm", "valLoss", "train.optimizer.lr"];
const literal = fc.oneof(
  fc.integer({ min: 0, max: 3 }).map(String),
  fc.constantFrom("'1'", "'2'", "'low'", "'LOW'", "'%o%'", "'l_w'", "'(a.b)'", "'%.%'", "2.5", "'2.5'"),
);
const operand = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...names) }, { weight: 2, arbitrary: literal });
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    fc.tuple(operand, fc.constantFrom(...operators), operand).map((parts) => parts.join(" ")),
    fc.tuple(fc.constantFrom(...names), fc.constantFrom("is null", "is not null")).map((parts) => parts.join(" ")),
    tie("expression").map((e) => `not (${e})`),
    fc.tuple(tie("expression"), fc.constantFrom("and", "or"), tie("expression")).map(([a, word, b]) => `(${a} ${word} ${b})`),
  ),
}));

type Run = Record<string, number | string | null>;

describe("in a database", () => {
  let database: InstanceType<typeof sqlite.Database>;
  const table: Run[] = [0, 1, 2, 3].flatMap((seed) =>
    [null, 1, 2, 2.5, "low"].flatMap((valLoss) =>
      ["low", "Low", "2", "(a.b)", null].map((arm) => ({
        seed,
        arm,
        valLoss,
        "train.optimizer.lr": seed === 3 ? null : (seed + Number(valLoss === 1)) % 3,
      })),
    ),
  );
  beforeAll(() => {
    database = new sqlite.Database(":memory:");
    database.exec("CREATE TABLE runs(id INTEGER, arm TEXT, seed INTEGER, status TEXT); CREATE TABLE facts(run INTEGER, name TEXT, value)");
    table.forEach((run, id) => {
      database.run("INSERT INTO runs VALUES (?, ?, ?, '')", [id, run.arm, run.seed]);
      for (const name of ["valLoss", "train.optimizer.lr"])
        if (run[name] !== null) database.run("INSERT INTO facts VALUES (?, ?, ?)", [id, name, run[name]]);
    });
  });
  afterAll(() => database.close());

  test("an expression finds the runs that it finds in memory, and no run that lacks what it asks about", () => {
    fc.assert(
      fc.property(expression, (written) => {
        const tree = parseWhere(written, namesOf(searchable));
        const { sql, values } = whereSql(tree, searchable);
        const found = (database.all(`SELECT id FROM runs WHERE ${sql} ORDER BY id`, values) as { id: number }[]).map(({ id }) => id);
        expect(table.flatMap((run, id) => (matches(tree, (name) => run[name] ?? null, affinities) ? [id] : []))).toEqual(found);
      }),
      { numRuns: 2000 },
    );
  });

  test("nothing that a person can write gets into the SQL but what is on the list", () => {
    const pieces = fc.constantFrom(
      "seed",
      "valLoss",
      "arm",
      "=",
      "<",
      "like",
      "and",
      "or",
      "not",
      "(",
      ")",
      "is",
      "null",
      "'",
      '"',
      ";",
      "--",
      "/*",
      "1",
      "'a'",
      "DROP TABLE runs",
      "?",
      "\\",
      "\0",
      "runs.id",
      "UNION SELECT",
    );
    const text = fc.oneof(
      fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(" ")),
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (input) => {
        let where;
        try {
          where = parse(input);
        } catch (error) {
          expect(error).toBeInstanceOf(WhereError);
          return;
        }
        const rest = where.sql
          .replaceAll(searchable.fact, "")
          .replaceAll(/runs\.(arm|seed|status)\b/g, "")
          .replaceAll(/\b(AND|OR|NOT|LIKE|IS|NULL)\b/g, "");
        expect(rest).toMatch(/^[\s()?=<>!]*$/);
        expect(where.sql.split("?").length - 1).toBe(where.values.length);
        database.all(`SELECT id FROM runs WHERE ${where.sql}`, where.values); // SQLite takes it
      }),
      { numRuns: 1000 },
    );
  });
});
