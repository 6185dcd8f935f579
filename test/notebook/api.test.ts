/** The module "switchyard": one list of names, three places that must agree with it. */
import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { apiNames, figureFunctions } from "../../experiments/api/names.ts";
import { figures } from "../../experiments/figures/registry.ts";
import { knownKeys, patchSchema, specSchema } from "../../experiments/runs/spec/schema.ts";
import { openHarness } from "./kernel-harness.ts";
import type { RunConfig } from "../../engine/model/config.ts";
import { learningRate } from "../../engine/train/schedule.ts";
import { resolve } from "../runs/requests.ts";

const declarations = readFileSync(new URL("../../experiments/api/switchyard.d.ts", import.meta.url), "utf8");

const path = "/switchyard.d.ts";
const host = ts.createCompilerHost({});
const { getSourceFile } = host;
host.getSourceFile = (name, ...rest) =>
  name === path ? ts.createSourceFile(name, declarations, ts.ScriptTarget.ES2022, true) : getSourceFile(name, ...rest);
const program = ts.createProgram([path], { lib: ["lib.es2023.d.ts"], types: [], strict: true }, host);
const checker = program.getTypeChecker();
const module = program.getSourceFile(path)!.statements.find(ts.isModuleDeclaration)!.body as ts.ModuleBlock;
const keysOf = (type: ts.Type) =>
  checker
    .getNonNullableType(type)
    .getProperties()
    .map((property) => property.name)
    .sort();
const typeNamed = (name: string) =>
  checker.getTypeAtLocation(module.statements.find((statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === name)!);

const shown = async (body: string): Promise<unknown> => {
  const { run, displays } = await openHarness();
  const outcomes = await run({
    a: `import * as sy from "switchyard";\nconst { ${apiNames.join(", ")} } = sy;\ndisplay(JSON.stringify(${body}) ?? "undefined")`,
  });
  if (outcomes.a.status === "failed") throw new Error(outcomes.a.error.message);
  return JSON.parse((displays[0].item as { text: string }).text);
};

describe('the module "switchyard"', () => {
  test("declares exactly the names that cells can import", () => {
    expect(program.getSemanticDiagnostics().map((problem) => problem.messageText)).toEqual([]);
    const functions = module.statements.filter(ts.isFunctionDeclaration).map((statement) => statement.name!.text);
    expect([...new Set(functions)].sort()).toEqual([...apiNames].sort());
  });

  test("declares exactly the options that each figure takes", () => {
    for (const [name, figure] of Object.entries(figureFunctions)) {
      const declaration = module.statements.find(
        (statement) => ts.isFunctionDeclaration(statement) && statement.name?.text === name,
      ) as ts.FunctionDeclaration;
      expect([name, ...keysOf(checker.getTypeAtLocation(declaration.parameters[1]))]).toEqual([
        name,
        ...Object.keys(figures[figure].defaultOptions).sort(),
      ]);
    }
  });

  test("declares exactly the keys that a spec may have", () => {
    const spec = typeNamed("ExperimentSpec");
    for (const path of [
      "",
      "model",
      "model.mtp",
      "balance",
      "balance.bias",
      "train",
      "train.optimizer",
      "train.schedule",
      "precision",
      "validation",
      "data",
    ]) {
      const segments = path === "" ? [] : path.split(".");
      const type = segments.reduce(
        (at, key) => checker.getNonNullableType(checker.getTypeOfSymbol(checker.getNonNullableType(at).getProperty(key)!)),
        spec,
      );
      expect([path, ...keysOf(type)]).toEqual([path, ...knownKeys(specSchema, segments, {}).sort()]);
    }
    for (const [name, kind] of [
      ["MlaSpec", "mla"],
      ["GqaSpec", "gqa"],
    ])
      expect(keysOf(typeNamed(name))).toEqual(knownKeys(specSchema, ["model", "attention"], { model: { attention: { kind } } }).sort());
    expect(keysOf(typeNamed("RunSpec"))).toEqual(knownKeys(patchSchema, [], {}).sort());
  });

  test("declares the results that cells get, key by key", () => {
    const results = new URL("../../experiments/results.ts", import.meta.url).pathname;
    const checks = `
      import type * as declared from "switchyard";
      import type { ArmResult, Comparison, ExperimentResult, FinalMetrics, Provenance, RunResult } from ${JSON.stringify(results)};
      type Data<T> = { [K in keyof T as T[K] extends (...args: any[]) => unknown ? never : K]: unknown };
      type Same<A, B> = [keyof A] extends [keyof B] ? ([keyof B] extends [keyof A] ? "same" : ["not there", Exclude<keyof B, keyof A>]) : ["not declared", Exclude<keyof A, keyof B>];
      export const same: "same"[] = [
        {} as Same<Comparison, declared.Comparison>,
        {} as Same<Provenance, declared.Provenance>,
        {} as Same<FinalMetrics, declared.RunMetrics>,
        {} as Same<Omit<RunResult, "events" | "curves">, Data<declared.Run>>,
        {} as Same<ArmResult & { color: string }, Data<declared.Arm>>,
        {} as Same<ExperimentResult & { runs: RunResult[]; colors: object }, Data<declared.Experiment>>,
      ];
      export const comparison: declared.Comparison = {} as Comparison;
      export const provenance: declared.Provenance = {} as Provenance;
      export const metrics: declared.RunMetrics = {} as FinalMetrics;`;
    const files = new Map([
      ["/switchyard.d.ts", declarations],
      ["/checks.ts", checks],
    ]);
    const withChecks = ts.createCompilerHost({});
    const read = withChecks.getSourceFile;
    withChecks.getSourceFile = (name, ...rest) =>
      files.has(name) ? ts.createSourceFile(name, files.get(name)!, ts.ScriptTarget.ES2022, true) : read(name, ...rest);
    const options: ts.CompilerOptions = {
      lib: ["lib.es2023.d.ts"],
      types: [],
      strict: true,
      skipLibCheck: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      target: ts.ScriptTarget.ES2022,
    };
    const both = ts.createProgram(["/switchyard.d.ts", "/checks.ts"], options, withChecks);
    expect(
      both
        .getSemanticDiagnostics(both.getSourceFile("/checks.ts"))
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
    ).toEqual([]);
  });

  test("has exactly those names in the sandbox", async () => {
    const { run, displays } = await openHarness();
    await run({ a: `import * as sy from "switchyard";\ndisplay(Object.keys(sy).filter((name) => name !== "console").sort().join(" "))` });
    expect(displays[0].item).toEqual({ kind: "text", text: [...apiNames].sort().join(" ") });
  });

  test("cannot be changed by a cell", async () => {
    const { run } = await openHarness();
    expect(await run({ a: `import * as sy from "switchyard";\nsy.curves = () => 1` })).toMatchObject({
      a: { status: "failed", error: { name: "TypeError" } },
    });
  });

  test("every figure function asks for its figure", async () => {
    const names = Object.keys(figureFunctions);
    const { run, displays } = await openHarness();
    await run({
      e: `import { experiment } from "switchyard";\nexport const e = experiment("E", {});`,
      v: `import { ${names.join(", ")} } from "switchyard";\n${names.map((name) => `display(${name}(e));`).join("\n")}`,
    });
    expect(displays.map(({ item }) => item)).toEqual(
      names.map((name) => ({ kind: "figure", request: { figure: figureFunctions[name], experiments: ["E"], options: {} } })),
    );
  });
});

describe("helpers for specs", () => {
  test("mixture() is a weight per domain, data() one domain", async () => {
    expect(await shown("[mixture({ prose: 2, code: 1 }), data('math')]")).toEqual([
      { mixture: { prose: 2, code: 1 } },
      { mixture: { math: 1 } },
    ]);
  });

  test.each(["mixture([1])", "mixture({})", "mixture({ prose: -1 })", "mixture({ prose: NaN })", "data()"])(
    "%s is refused",
    async (call) => {
      await expect(shown(call)).rejects.toThrow(/mixture|data/);
    },
  );

  test("sweep() makes an arm per value, named after the end of the path", async () => {
    expect(await shown('sweep("train.optimizer.lr", [1e-3, 0.1])')).toEqual({
      "lr 0.001": { train: { optimizer: { lr: 0.001 } } },
      "lr 0.1": { train: { optimizer: { lr: 0.1 } } },
    });
  });

  test("grid() makes an arm per combination and keeps names apart", async () => {
    expect(await shown('Object.keys(grid({ "train.optimizer.lr": [1, 2], "model.hiddenSize": [32, 64] }))')).toEqual([
      "lr 1, hiddenSize 32",
      "lr 1, hiddenSize 64",
      "lr 2, hiddenSize 32",
      "lr 2, hiddenSize 64",
    ]);
    expect(await shown('Object.keys(grid({ "balance.bias.group": [1], "x.group": ["batch"] }))')).toEqual(["bias.group 1, x.group batch"]);
    expect(await shown('grid({ "train.steps": [5], "train.optimizer.lr": [1] })')).toEqual({
      "steps 5, lr 1": { train: { steps: 5, optimizer: { lr: 1 } } },
    });
  });

  test.each(['sweep("a..b", [1])', 'sweep("losses[0]", [1])', 'sweep("a", [])', 'sweep("a", [1, 1])', "grid({})"])(
    "%s is refused",
    async (call) => {
      await expect(shown(call)).rejects.toThrow();
    },
  );

  test("v3Schedule() holds the peak, falls along a cosine and ends on two constants (DeepSeek-V3 §4.2)", async () => {
    const schedule = (await shown("v3Schedule()")) as RunConfig["train"]["schedule"];
    const { config } = resolve({ train: { steps: 14_800, optimizer: { lr: 2.2e-4 }, schedule } }).arms[0];
    const rates = [100, 1000, 10_000, 12_150, 14_300, 14_600, 14_630, 14_700, 14_800].map(
      (step) => learningRate(config.train, step) / 2.2e-4,
    );
    const expected = [1, 1, 1, 0.55, 0.1, 0.1, 0.1, 7.3 / 220, 7.3 / 220];
    rates.forEach((rate, n) => expect(Math.abs(rate - expected[n])).toBeLessThan(1e-3));
    expect(config.train.schedule.final).toBe(7.3 / 220);
  });

  test("v3() is the recipe of DeepSeek-V3 §4.2", async () => {
    expect(await shown("v3()")).toEqual({
      losses: [{ group: "sequence", alpha: 1e-4 }],
      zLoss: 0,
      bias: {
        gamma: [
          { until: 0.966, value: 1e-3 },
          { until: 1, value: 0 },
        ],
        rule: "sign",
        form: "additive",
        group: "batch",
      },
    });
  });
});
