import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { libraryDeclarations, namesLibrary } from "../../experiments/api/libraries/declarations.ts";
import { cellPath, packagePath, upstreamDeclarations, type CellSource } from "./cell-types.ts";

const api = readFileSync(new URL("../../experiments/api/switchyard.d.ts", import.meta.url), "utf8");

const packages = await libraryDeclarations();

/** What the type checker says of `source` as a cell below `others`. */
function check(source: string, others: readonly CellSource[]): string[] {
  const libraries = new Map(
    [source, ...others.map((cell) => cell.source)].some(namesLibrary)
      ? [...packages].map(([path, text]) => [packagePath(path), text] as const)
      : [],
  );
  const files = new Map([
    [cellPath("view"), source],
    ["file:///switchyard.d.ts", api],
    ...upstreamDeclarations(others).map(({ path, text }) => [path, text] as const),
  ]);
  const host = ts.createCompilerHost({});
  const { getSourceFile, fileExists } = host;
  host.getSourceFile = (name, options) => {
    const text = files.get(name) ?? libraries.get(name);
    return text === undefined ? getSourceFile(name, options) : ts.createSourceFile(name, text, options);
  };
  host.fileExists = (name) => files.has(name) || libraries.has(name) || fileExists(name);
  host.directoryExists = undefined; // these files have no directories, as in the editor's worker
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force,
    lib: ["lib.es2022.d.ts"],
    types: [],
    strict: true,
    noImplicitAny: false,
    skipLibCheck: true,
    noEmit: true,
  };
  const elements = libraries.size > 0 ? [packagePath("elements.d.ts")] : [];
  const program = ts.createProgram([...files.keys(), ...elements], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

const study: CellSource = {
  id: "study",
  source: 'import { experiment } from "switchyard";\nexport const study = experiment("Small", { arms: { plain: {} }, baseline: "plain" });',
  defines: ["study"],
};

describe("types of upstream cells", () => {
  it("give a study as the result that its promise becomes", () => {
    expect(check("const titles: string[] = study.arms.map((arm) => arm.name);", [study])).toEqual([]);
  });

  it("know what is not there", () => {
    expect(check("study.armz;", [study])).toEqual([expect.stringContaining("'armz' does not exist")]);
  });

  it("reach names that are not exported, through cells with any name", () => {
    const others: CellSource[] = [{ id: "Größe/2", source: "const half = 0.5;", defines: ["half"] }];
    expect(check("const double: number = half * 4;", others)).toEqual([]);
    expect(check("half.length;", others)).toEqual([expect.stringContaining("'length' does not exist on type '0.5'")]);
  });
});

describe("types of d3 and Plot", () => {
  const imports = 'import * as d3 from "d3";\nimport * as Plot from "@observablehq/plot";\n';

  it("know what is drawn and what it is drawn from", () => {
    const source = `${imports}const svg = d3.create("svg").attr("width", 300);
      svg.selectAll("circle").data([1, 2]).join("circle").attr("r", (d) => d * 2);
      display(svg.node());
      const chart: SVGSVGElement | HTMLElement = Plot.plot({ color: { ...study.colors, legend: true }, marks: [Plot.line(study.points("valLoss"), { x: "step", y: "value", stroke: "arm" })] });
      display(chart);
      const mean: number | undefined = d3.mean(study.values("valLoss"), (row) => row.value);`;
    expect(check(source, [study])).toEqual([]);
  });

  it("know what is not there, in the cell and through another", () => {
    expect(check(`${imports}d3.scaleLiner();`, [])).toEqual([expect.stringContaining("Did you mean 'scaleLinear'")]);
    expect(check(`${imports}Plot.plot({ widht: 3 });`, [])).toEqual([expect.stringContaining("Did you mean to write 'width'")]);
    const scale: CellSource = {
      id: "scale",
      source: 'import { scaleLinear } from "d3";\nconst x = scaleLinear([0, 1], [0, 300]);',
      defines: ["x"],
    };
    expect(check("x.domian();", [scale])).toEqual([expect.stringContaining("Did you mean 'domain'")]);
  });

  it("promise nothing that a cell does not have", () => {
    for (const name of ["document", "window", "fetch", "setTimeout"])
      expect(check(`${imports}${name};`, [])).toEqual([expect.stringContaining(`Cannot find name '${name}'`)]);
  });
});
