/**
 * Names that reach behind an object (`__proto__`, `constructor`, `prototype`), at every border, depth and spelling: they change
 * no object of the program, and what is refused is refused in a sentence with its place.
 */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkedArguments } from "../../electron/ipc/arguments.ts";
import { fromHuggingFaceConfig } from "../../engine/formats/huggingface-config.ts";
import { reportArguments, runArguments } from "../../experiments/cli/arguments.ts";
import { budgetOverrides } from "../../experiments/notebook/file/budget.ts";
import { parseNotebook } from "../../experiments/notebook/file/markdown.ts";
import { fromWire } from "../../experiments/notebook/kernel/wire.ts";
import { namesTo } from "../../experiments/own-keys.ts";
import { parseWhere } from "../../experiments/runs/index/where.ts";
import { readManifest } from "../../experiments/runs/store/node/manifest.ts";
import type { JsonObject } from "../../experiments/json-value.ts";
import { mergePatch, setAtPath } from "../../experiments/runs/spec/merge.ts";
import { SpecError, resolveExperiment } from "../../experiments/runs/spec/spec.ts";
import { flatMetrics, metricDefinition, metricTitle, metricUnit } from "../../experiments/statistics/metrics.ts";
import * as v from "valibot";
import { openHarness } from "../notebook/kernel-harness.ts";
import { options, problemsOf, request, resolve } from "./requests.ts";

const shared = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  String.prototype,
  Number.prototype,
  Object,
  Array,
  Function,
  Map.prototype,
  Promise.prototype,
];
const state = () => shared.map((object) => Reflect.ownKeys(object).map((key) => [key, Object.getOwnPropertyDescriptor(object, key)]));
let before: ReturnType<typeof state>;
beforeEach(() => void (before = state()));
afterEach(() => {
  expect(state()).toEqual(before);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

const evil = fc.constantFrom("__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "__defineGetter__");
const plain = fc.constantFrom("train", "model", "optimizer", "balance", "losses", "arms", "a", "0", "1");
/** names of a path, at least one of them evil */
const keys = fc
  .tuple(
    fc.array(plain, { maxLength: 3 }),
    fc.array(evil, { minLength: 1, maxLength: 3 }),
    fc.constantFrom("polluted", "steps", "execArgv", "toString"),
  )
  .map(([a, b, c]) => [...a, ...b, c]);
const escaped = (name: string) => `\\u${name.charCodeAt(0).toString(16).padStart(4, "0")}${name.slice(1)}`;
const spelling = fc.constantFrom<(name: string, i: number) => string>(
  (name, i) => (i === 0 ? name : `.${name}`),
  (name) => `["${name}"]`,
  (name) => `["${escaped(name)}"]`,
);
const target = keys.chain((names) =>
  fc.tuple(...names.map(() => spelling)).map((spell) => ({ names, text: names.map((name, i) => spell[i](name, i)).join("") })),
);
/** JSON text of an object with these names inside one another */
const nested = (names: readonly string[], spell: (name: string) => string = (name) => name) =>
  `${names.map((name) => `{"${spell(name)}":`).join("")}1${"}".repeat(names.length)}`;

/** The problems of work that may be refused, and must be when a name is forbidden. */
function refused(names: readonly string[], work: () => unknown, place: string): void {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(SpecError);
    const { message } = error as SpecError;
    expect(message).toContain(place);
    if (names.includes("__proto__")) expect(message).toMatch(/"__proto__" is no name that data can have|needs |unknown key|is a list/);
    return;
  }
  expect(names).not.toContain("__proto__");
}

const spec = { arms: { a: { balance: { losses: [{ group: "batch", alpha: 1 }] } }, b: {} }, balance: { losses: [] } };

describe("no spelling of a name changes an object of the program", () => {
  test("--set", () => {
    fc.assert(
      fc.property(target, ({ names, text }) =>
        refused(names, () => resolve(spec, { sets: [{ target: text, value: 1 }] }), `--set ${text}`),
      ),
      { numRuns: 400 },
    );
  });

  test("--set-arm", () => {
    fc.assert(
      fc.property(target, ({ names, text }) =>
        refused(names, () => resolve(spec, { armSets: [{ target: `a.${text}`, value: 1 }] }), `--set-arm a.${text}`),
      ),
      { numRuns: 400 },
    );
  });

  test("values of --set and --set-arm on the command line", () => {
    fc.assert(
      fc.property(keys, fc.constantFrom("--set", "--set-arm"), fc.boolean(), (names, option, escape) => {
        const argv = ["x.md", option, `train=${nested(names, escape ? escaped : undefined)}`];
        for (const read of [runArguments, reportArguments]) {
          if (names.includes("__proto__")) expect(() => read(argv)).toThrow(`${option} train: "__proto__" is no name that data can have`);
          else read(argv);
        }
      }),
    );
  });

  test("the spec of a cell", () => {
    fc.assert(
      fc.property(keys, fc.boolean(), (names, escape) =>
        refused(names, () => resolve(JSON.parse(nested(names, escape ? escaped : undefined))), ""),
      ),
      { numRuns: 400 },
    );
  });

  test("a name within a name that has been taken away: nothing is deleted from what all objects share", () => {
    for (const text of [
      '{"constructor":{"prototype":{"__proto__":{"x":1}}}}',
      '{"__proto__":{"__proto__":{"toString":1}}}',
      '{"arms":{"a":{"__proto__":{"toString":1},"x":1,"y":{"__proto__":{"valueOf":1}}}}}',
      '{"__proto__":{"__proto__":{"__proto__":{"toString":1}}},"x":1}',
    ])
      expect(problemsOf(JSON.parse(text)).map(({ message }) => message)).toContain('"__proto__" is no name that data can have');
  });

  test("budgets in front matter: dotted, nested, flow, quoted, escaped, by anchor and by merge key", () => {
    const ways = fc.constantFrom<(names: string[], text: string) => string>(
      (_names, text) => `  quick:\n    ${JSON.stringify(text)}: 1`,
      (names) => `  quick: ${nested(names)}`,
      (names) => `  quick: ${nested(names, escaped)}`,
      (names) => `  ${JSON.stringify(names[0])}:\n    ${names.slice(1).join(".")}: 1`,
      (names) => `  base: &b ${nested(names)}\n  quick:\n    <<: *b\n    train: *b`,
      (names) => `  quick:\n    - ${JSON.stringify(`${names.join(".")}=1`)}\n    - ${JSON.stringify(`train=${nested(names)}`)}`,
    );
    fc.assert(
      fc.property(target, ways, ({ names, text }, way) => {
        const { frontMatter } = parseNotebook(`---\nswitchyard: 1\ntitle: t\nbudget:\n${way(names, text)}\n---\n`);
        for (const name of Object.keys(frontMatter.budget))
          refused([], () => resolve(spec, { sets: budgetOverrides(frontMatter.budget[name]) }), "");
      }),
      { numRuns: 400 },
    );
    const { warnings } = parseNotebook("---\nswitchyard: 1\nbudget: { __proto__: { train.steps: 1 } }\n---\n");
    expect(warnings.map(({ message }) => message)).toContain('budget.__proto__: "__proto__" is no name that data can have.');
  });

  test("what a manifest remembers: it is not used, and its place is said", async () => {
    const folder = await mkdtemp(join(tmpdir(), "switchyard-manifest-"));
    const write = (sets: unknown, armSets: unknown = []) =>
      writeFile(
        join(folder, "manifest.json"),
        `{"schema":"switchyard.store/1","notebook":"x.md","arguments":{"budget":null,"only":null,"sets":${JSON.stringify(sets)},"armSets":${JSON.stringify(armSets)}},"experiments":{"prototype":{"title":"t","runs":[]}}}`,
      );
    const read = async () => {
      const told: string[] = [];
      return { manifest: await readManifest(folder, undefined, (text) => told.push(text)), told: told.join() };
    };
    for (const text of ["__proto__.polluted", 'train["__proto__"].x', "a.__proto__.toString"]) {
      await write([{ target: text, value: 1 }]);
      expect(await read()).toMatchObject({
        manifest: null,
        told: expect.stringContaining('manifest.json is not used: arguments.sets.0.target: "__proto__" is no name'),
      });
      await write([], [{ target: text, value: 1 }]);
      expect((await read()).told).toContain("arguments.armSets.0.target");
    }
    await write([{ target: "train.steps", value: 1 }]);
    expect(Object.keys((await read()).manifest!.experiments)).toEqual(["prototype"]);
  });

  test("--where", () => {
    fc.assert(
      fc.property(target, ({ names, text }) => {
        for (const written of [text, names.join("."), `${names[0]} = 1 or ${names.join(".")} like 'x'`])
          expect(() => parseWhere(written, new Set(["valLoss"]))).toThrow(/column|missing/);
      }),
    );
  });

  test("a model's config.json", () => {
    fc.assert(
      fc.property(keys, fc.boolean(), (names, within) => {
        const config = JSON.parse(
          within ? `{"rope_parameters":${nested(names)},"rope_scaling":${nested(names)}}` : nested(names),
        ) as Record<string, unknown>;
        expect(() => fromHuggingFaceConfig(config)).toThrow(/model_type is undefined, not "deepseek_v3"/);
      }),
    );
    // every field behind the object, none in it
    expect(() => fromHuggingFaceConfig(JSON.parse('{"__proto__":{"model_type":"deepseek_v3","hidden_size":8}}') as never)).toThrow(
      /model_type is undefined/,
    );
    for (const none of [null, [], 3, "x"]) expect(() => fromHuggingFaceConfig(none as never)).toThrow("not an object");
    expect(() => fromHuggingFaceConfig({ hidden_size: 1e9 })).toThrow("hidden_size is 1000000000, not a whole number from 1 to 65536");
  });

  test("arguments of IPC", () => {
    fc.assert(
      fc.property(keys, (names) => {
        const value: unknown = JSON.parse(nested(names));
        const record = {
          key: "ab".repeat(32),
          semantics: 1,
          dataHash: "",
          seed: { init: 1, data: 1 },
          backend: "cpu",
          config: { ...resolve({}).arms[0].config, extra: value },
        };
        if (names.includes("__proto__"))
          expect(() => checkedArguments("store.open", [record])).toThrow(
            /^store\.open: argument 0\.config\.extra\..*__proto__: "__proto__" is no name that data can have$/,
          );
        // no config has such names: a store would refuse it too
        else if (names.some((name) => name === "constructor" || name === "prototype"))
          expect(() => checkedArguments("store.open", [record])).toThrow(
            /^store\.open: argument 0\.config: it has a key that leads to a prototype$/,
          );
        else expect(checkedArguments("store.open", [record])[0].config).toEqual(record.config);
      }),
    );
    expect(() => checkedArguments("window.closed", [3] as never)).toThrow(/^window\.closed: argument 0: /);
  });

  test("what a cell hands over as a special number is no function", () => {
    for (const name of ["toString", "constructor", "__proto__", "valueOf"])
      expect(fromWire(`{"a":{"$number":"${name}"}}`)).toEqual({ a: { $number: name } });
  });

  test("merging and setting by path", () => {
    fc.assert(
      fc.property(keys, (names) => {
        const patch = JSON.parse(nested(names)) as JsonObject;
        const merged = mergePatch({ train: { steps: 1 } }, patch);
        expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
        if (!names.includes("__proto__")) setAtPath(merged, names, 1);
        else expect(() => setAtPath(merged, names, 1)).toThrow("no name that data can have");
      }),
    );
  });
});

describe("names of Object.prototype are ordinary names where people choose names", () => {
  const names = ["constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "__defineGetter__", "isPrototypeOf"];

  test("arms are all there, with what each changes, as an object or as pairs", () => {
    const arms = names.map((name, i): [string, object] => [name, { train: { steps: i + 1 } }]);
    for (const written of [Object.fromEntries(arms), arms]) {
      const { arms: resolved, baseline } = resolve({ arms: written });
      expect(resolved.map(({ name, config }) => [name, config.train.steps])).toEqual(names.map((name, i) => [name, i + 1]));
      expect(baseline).toBe("constructor");
      expect(
        resolve({ arms: written, baseline: "toString" }, { armSets: [{ target: "prototype.train.steps", value: 99 }] }).arms[1].config.train
          .steps,
      ).toBe(99);
    }
  });

  test("what is wrong in such an arm is told at the arm", () => {
    for (const name of names)
      expect(problemsOf({ arms: { x: {}, [name]: { train: { stepz: 1 } } } })).toEqual([
        { path: `arms["${name}"].train.stepz`, message: "unknown key", suggestion: "steps" },
      ]);
  });

  test("an arm called __proto__ is refused by that name, written either way", () => {
    for (const arms of ['{"a":{},"__proto__":{}}', '[["a",{}],["__proto__",{}]]'])
      expect(problemsOf(JSON.parse(`{"arms":${arms}}`)).map(({ message }) => message)).toContainEqual(
        expect.stringContaining('"__proto__" is no name that data can have'),
      );
  });

  test("domains are told apart from what objects inherit", () => {
    for (const name of names)
      expect(problemsOf({ data: { mixture: { [name]: 1 } } })[0].message).toBe(`there is no domain "${name}"; there are prose, code, math`);
  });

  test("metrics of such names have no value, unit or title of their own", () => {
    const flat = flatMetrics({ valLoss: 1, trainLoss: 1, valBpb: {}, mtpLoss: [], agreement: [], acceptance: [] } as never);
    for (const name of names)
      expect([flat[name], metricUnit(name), metricTitle(name), metricDefinition(name).definition]).toEqual([undefined, "", name, ""]);
  });

  test("a record keeps them, which valibot's own drops", () => {
    const value = Object.fromEntries(names.map((name, i) => [name, i]));
    expect(v.parse(namesTo(v.number()), value)).toEqual(value);
    expect(Object.keys(v.parse(v.record(v.string(), v.number()), value))).not.toContain("prototype");
    expect(v.safeParse(namesTo(v.number()), JSON.parse('{"__proto__":1}')).issues![0].message).toBe(
      '"__proto__" is no name that data can have',
    );
    for (const wrong of [[], 3, null, undefined]) expect(v.safeParse(namesTo(v.number()), wrong).success).toBe(false);
  });

  test("a cell's arms reach the host under these names", async () => {
    const { run, requests } = await openHarness();
    await run({
      a: `import { experiment, grid, mixture } from "switchyard"; experiment("t", { arms: { constructor: {}, prototype: {}, toString: {}, ["a"]: {} }, data: mixture({ prose: 1 }) });`,
    });
    expect(resolve(requests[0].spec).arms.map(({ name }) => name)).toEqual(["constructor", "prototype", "toString", "a"]);
  });
});

describe("the order of arms", () => {
  test("names that are whole numbers need a baseline, or pairs, which keep their order", () => {
    const arms = { "64": { model: { hiddenSize: 64 } }, "32": { model: { hiddenSize: 32 } }, wide: {} };
    expect(problemsOf({ arms })).toEqual([
      {
        path: "arms",
        message: expect.stringMatching(
          /^JavaScript puts names that are whole numbers \("32", "64"\) first and in ascending order.*say which one is the `baseline`.*\[\["32", \{…\}\], …\]$/,
        ),
      },
    ]);
    expect(resolve({ arms, baseline: "64" }).baseline).toBe("64");
    expect(resolve({ arms }, { sets: [{ target: "baseline", value: "wide" }] }).baseline).toBe("wide");
    const pairs = resolve({
      arms: [
        ["64", arms["64"]],
        ["32", arms["32"]],
        ["wide", {}],
      ],
    });
    expect([pairs.baseline, ...pairs.arms.map(({ name }) => name)]).toEqual(["64", "64", "32", "wide"]);
  });

  test("is that of the pairs for any names, and of an object that is accepted without a baseline", () => {
    const name = fc.oneof(fc.nat(300).map(String), fc.constantFrom("a", "constructor", "4294967295", "01", "-1", "1.5", " 1"));
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 6 }), (names) => {
        const pairs = names.map((own): [string, object] => [own, {}]);
        expect(resolve({ arms: pairs }).arms.map((arm) => arm.name)).toEqual(names);
        let order: string[];
        try {
          order = resolve({ arms: Object.fromEntries(pairs) }).arms.map((arm) => arm.name);
        } catch (error) {
          expect((error as Error).message).toContain("whole numbers");
          return;
        }
        expect(order).toEqual(names);
      }),
    );
  });

  test("an arm twice, a pair that is none, and a problem within a pair are told", () => {
    expect(
      problemsOf({
        arms: [
          ["a", {}],
          ["a", {}],
        ],
      }),
    ).toEqual([{ path: "arms", message: 'two arms are called "a"' }]);
    expect(problemsOf({ arms: [["a", {}], ["b"]] })[0].path).toBe('arms["b"]');
    expect(problemsOf({ arms: [["a", {}], "b"] })[0].message).toContain('needs a pair ["name", { what the arm changes }]');
    expect(problemsOf({ arms: [["a", { train: { stepz: 1, batchSise: 2 } }]] }).map(({ path }) => path)).toEqual([
      'arms["a"].train.stepz',
      'arms["a"].train.batchSise',
    ]);
  });
});

describe("names that no file or terminal can show are refused", () => {
  test.each([
    ["half of a letter", "a\ud800", "U+D800"],
    ["an escape", "a\u001b[2J", "U+001B"],
    ["a carriage return", "a\r# b", "U+000D"],
    ["a line break", "a\nb", "U+000A"],
    ["a C1 control", "\u009b31m", "U+009B"],
  ])("%s", (_what, name, code) => {
    expect(problemsOf({ arms: { [name]: {} } })[0]).toMatchObject({ path: "arms", message: expect.stringContaining(code) });
    expect(problemsOf({ arms: [[name, {}]] })[0].message).toContain(code);
    expect(problemsOf({ question: name })[0].message).toContain(code);
    expect(() => resolveExperiment({ ...request({}), title: name }, options)).toThrow(code);
    expect(parseNotebook(`---\nswitchyard: 1\ntitle: ${JSON.stringify(name)}\n---\n`).frontMatter.title).not.toMatch(
      /[\p{Surrogate}\p{Cc}]/u,
    );
  });

  test("names of any script are not", () => {
    for (const name of ["🚀 emoji", "עברית", "α=10⁻³ & β_2 #1", "смещение", "👩‍🔬"])
      expect(resolve({ arms: { [name]: {} } }).arms[0].name).toBe(name);
  });
});

test("validation belongs to the experiment, however an arm asks for it", () => {
  const said = /validation belongs to the experiment: all its arms are validated on the same text/;
  for (const validation of [{ windowsPerDomain: 8 }, null, {}])
    expect(problemsOf({ arms: { a: { validation } } })[0]).toEqual({ path: 'arms["a"].validation', message: expect.stringMatching(said) });
  expect(problemsOf({ arms: { a: {} } }, { armSets: [{ target: "a.validation.windowsPerDomain", value: 8 }] })[0].message).toMatch(said);
  expect(problemsOf({ arms: { a: {} } }, { sets: [{ target: "arms.a.validation.windowsPerDomain", value: 8 }] })[0].message).toMatch(said);
  expect(resolve({}, { sets: [{ target: "validation.windowsPerDomain", value: 8 }] }).arms[0].config.validation.windowsPerDomain).toBe(8);
});

test("a list has no places beyond its end, whatever is set there", () => {
  for (const text of ["balance.losses.length", "balance.losses[5]", "balance.losses.push", "train.optimizer.lr.1000000000"])
    expect(
      problemsOf(
        { balance: { losses: [] }, train: { optimizer: { lr: [{ until: 1, value: 1 }] } } },
        { sets: [{ target: text, value: 1 }] },
      )[0],
    ).toEqual({ path: `--set ${text}`, message: expect.stringMatching(/is a list and has no/) });
});
