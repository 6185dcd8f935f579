/** docs/api.md is a notebook: every example in it runs, on results of a study that is trained here. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dataHash } from "../../engine/data/corpus.ts";
import { apiNames, figureFunctions } from "../../experiments/api/names.ts";
import { libraryNames } from "../../experiments/api/libraries/generated/names.ts";
import { drawFigure, figures } from "../../experiments/figures/registry.ts";
import { compileNotebook } from "../../experiments/notebook/cells/compile.ts";
import { createKernel } from "../../experiments/notebook/kernel/kernel.ts";
import type { ExperimentRequest } from "../../experiments/request.ts";
import type { DisplayItem } from "../../experiments/notebook/kernel/protocol.ts";
import { cellsOf, parseNotebook } from "../../experiments/notebook/file/markdown.ts";
import type { ExperimentResult, MetricEvent } from "../../experiments/results.ts";
import { openDomains } from "../../experiments/runs/store/node/corpora.ts";
import { planExperiment } from "../../experiments/runs/plan/plan.ts";
import { resolveExperiment } from "../../experiments/runs/spec/spec.ts";
import { NodeStore } from "../../experiments/runs/store/node/store.ts";
import { resultFromStore } from "../../experiments/runs/training/stored-result.ts";
import { metricDefinitions } from "../../experiments/statistics/metrics.ts";
import { buildCli, switchyard, type Ended } from "../cli/bundle.ts";

const path = resolve(import.meta.dirname, "../../docs/api.md");
const notebook = parseNotebook(readFileSync(path, "utf8"));
const cells = cellsOf(notebook);
const compiled = compileNotebook(notebook);
const declarations = readFileSync(resolve(import.meta.dirname, "../../experiments/api/switchyard.d.ts"), "utf8");

let folder: string;
let ran: Ended;
const displays = new Map<string, DisplayItem[]>();
const logs: string[] = [];
const results = new Map<string, ExperimentResult>();

/** The result that the command line left in its store, as it gives it to a cell. */
async function stored({ title, ...request }: ExperimentRequest): Promise<ExperimentResult> {
  const experiment = resolveExperiment(
    { title, ...request },
    { domains: ["prose", "code", "math"], metrics: Object.keys(metricDefinitions) },
  );
  const texts = await openDomains(experiment.domains);
  const result = await resultFromStore(planExperiment(experiment, dataHash(texts)), new NodeStore(folder, { onNotice: () => {} }), texts);
  results.set(result.id, result);
  return result;
}

beforeAll(async () => {
  buildCli();
  folder = mkdtempSync(join(tmpdir(), "switchyard-docs-"));
  ran = await switchyard(["run", path, "--backend", "cpu", "--out", folder]);
  const kernel = await createKernel({
    experiment: stored,
    display: (cell, item) => void displays.set(cell, [...(displays.get(cell) ?? []), item]),
    log: (_cell, level, text) => void logs.push(`${level}: ${text}`),
  });
  for (const id of compiled.graph.order)
    expect([id, await kernel.evaluate(compiled.cells.find((cell) => cell.id === id)!)]).toEqual([id, { status: "done" }]);
  void kernel.dispose();
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Text of a section, from its heading to the next. */
function section(heading: string): string {
  const text = notebook.blocks.map((block) => (block.kind === "prose" ? block.text : `\`\`\`ts\n${block.source}\n\`\`\``)).join("\n");
  const [, found] =
    text
      .split(/^(?=#{1,2} )/m)
      .map((part) => [/^#+ (.*)/.exec(part)?.[1], part])
      .find(([name]) => name === heading) ?? [];
  if (found === undefined) throw new Error(`docs/api.md has no section "${heading}"`);
  return found;
}

const importedFrom = (module: string): Set<string> =>
  new Set(
    cells.flatMap(({ source }) =>
      [...source.matchAll(/import \{([^}]*)\} from "([^"]+)"/g)].flatMap(([, names, from]) =>
        from === module ? names.split(",").map((name) => name.trim()) : [],
      ),
    ),
  );

const module = ts.createSourceFile("switchyard.d.ts", declarations, ts.ScriptTarget.ES2022, true).statements.find(ts.isModuleDeclaration)!
  .body as ts.ModuleBlock;
const methodsOf = (name: string): string[] =>
  module.statements
    .filter(ts.isInterfaceDeclaration)
    .find((statement) => statement.name.text === name)!
    .members.filter(ts.isMethodSignature)
    .map((member) => member.name.getText());

describe("docs/api.md", () => {
  test("runs from the command line: every run done, no error, no warning", () => {
    expect({ code: ran.code, stderr: ran.stderr.split("\n").filter((line) => line !== "" && !line.startsWith("#console")) }).toEqual({
      code: 0,
      stderr: [],
    });
  });

  test("has right types", async () => {
    const { code, stderr } = await switchyard(["check", path]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test.each(apiNames)("%s has a section and an example that imports it", (name) => {
    expect(section(name)).toMatch(/`/);
    expect([...importedFrom("switchyard")]).toContain(name);
  });

  test("every method of an experiment, an arm and a run is in an example", () => {
    const sources = cells.map(({ source }) => source).join("\n");
    const used = { Experiment: /\bbalancing\.(\w+)\(/g, Arm: /\blossFree\.(\w+)\(/g, Run: /(?:\brun|runs\[0\])\.(\w+)\(/g };
    for (const [name, pattern] of Object.entries(used))
      expect([name, ...methodsOf(name).sort()]).toEqual(
        [name, ...new Set([...sources.matchAll(pattern)].map(([, method]) => method))].sort((a, b) =>
          a === name ? -1 : b === name ? 1 : a < b ? -1 : 1,
        ),
      );
  });

  test("every option of a figure is named in its section", () => {
    for (const [name, figure] of Object.entries(figureFunctions))
      for (const option of Object.keys(figures[figure].defaultOptions))
        expect([name, section(name)]).toEqual([name, expect.stringContaining(`\`${option}\``)]);
  });

  test("metrics have the units they are measured in, and are over the run where runs have curves of them", () => {
    const rows = [...section("Metrics").matchAll(/^\| `(\w+)` \| ([^|]+) \| ([^|]*)\|$/gm)].map(([, name, unit, over]) => [
      name,
      unit,
      over.trim(),
    ]);
    const events = [...results.values()].flatMap(({ arms }) => arms.flatMap(({ runs }) => runs.flatMap((run) => run.events ?? [])));
    const has = (kind: MetricEvent["kind"], name: string) => events.some((event) => event.kind === kind && name in event);
    // a step's MTP loss is that of its training batch; a validation's has the metric's name
    expect(rows).toEqual(
      Object.entries(metricDefinitions).map(([name, { unit }]) => [
        name,
        unit,
        has("eval", name) ? "every validation" : has("step", name) ? "every step" : "",
      ]),
    );
  });

  test("every figure can be drawn from its example and names the arms it shows", () => {
    const drawn = [...displays].flatMap(([cell, items]) =>
      items.flatMap((item) => (item.kind === "figure" ? [{ cell, request: item.request }] : [])),
    );
    expect(new Set(drawn.map(({ request }) => request.figure))).toEqual(new Set(Object.values(figureFunctions)));
    for (const { cell, request } of drawn) {
      const { svg, alternative } = drawFigure(request, results, { width: 720, theme: "light" });
      const arms = results.get(request.experiments[0])!.arms.map(({ name }) => name);
      // what a conclusion or an architecture is about, it says
      const named =
        (request.options.arms as string[] | undefined) ??
        (request.figure === "conclusion"
          ? ["loss-free", "no balancing"]
          : request.figure === "sweep"
            ? arms.map((name) => name.replace("lr ", ""))
            : arms);
      for (const name of named) expect([cell, svg + alternative]).toEqual([cell, expect.stringContaining(name)]);
    }
  });

  test.each(["plot", "d3", "svg"])("the drawing of %s has a title, and the names and colours of the arms", (cell) => {
    const [item] = displays.get(cell)!;
    if (item.kind !== "svg") throw new Error(`shown as ${item.kind}`);
    expect(item.title).not.toBe("");
    for (const { name } of results.get("balancing")!.arms) expect(item.svg).toContain(`>${name}</text>`);
    expect(new Set(item.svg.match(/var\(--fig-series-\d/g)).size).toBe(3);
  });

  test("d3 and Plot are imported as a cell does", () => {
    expect([...importedFrom("d3")].every((name) => libraryNames.d3.includes(name))).toBe(true);
    expect(cells.some(({ source }) => source.includes('import * as Plot from "@observablehq/plot"'))).toBe(true);
  });

  test("what the other examples show is what the page says", () => {
    const shownBy = (cell: string) => displays.get(cell)!.map((item) => (item.kind === "text" ? item.text : item.kind));
    expect(shownBy("combinations")[0]).toContain('"lr 0.001, numExpertsPerTok 1"');
    expect(shownBy("recipe")[0]).toContain("until: 0.966");
    expect(shownBy("display")).toEqual(["3", "table", '{ anything: ["else", 1970] }']);
    expect(shownBy("table")).toEqual(["table", "figure"]);
    expect(shownBy("accessors").slice(0, 3)).toEqual(["table", "table", "table"]);
    expect(logs).toEqual(["log: no balancing finished 3", "log: loss-free finished 3", "log: as published finished 3", "warn: of 9"]);
  });

  test("the example figure is drawn for whatever runs there are", async () => {
    const example = resolve(path, "../examples/paired-losses.md");
    const out = join(folder, "example");
    const { code, stderr } = await switchyard(["run", example, "--budget", "smoke", "--backend", "cpu", "--out", out]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const svg = readFileSync(join(out, "figures/figure-drawing.svg"), "utf8");
    for (const name of ["sequence-wise loss", "batch-wise loss", "loss-free"]) expect(svg).toContain(`>${name}</text>`);
    expect(svg).toContain("Thin: a seed, of 1");
    expect((await switchyard(["check", example])).stderr).toBe("");
  }, 180_000);

  test("its links lead somewhere", () => {
    const text = readFileSync(path, "utf8");
    const anchors = new Set(
      [...text.matchAll(/^#{1,3} (.*)$/gm)].map(
        ([, heading]) =>
          `#${heading
            .toLowerCase()
            .replace(/[^\w -]/g, "")
            .replaceAll(" ", "-")}`,
      ),
    );
    for (const [, target] of text.matchAll(/\]\(([^)]+)\)/g)) {
      if (target.startsWith("#")) expect([...anchors]).toContain(target);
      else expect(readFileSync(resolve(path, "..", target)).length).toBeGreaterThan(0);
    }
  });
});
