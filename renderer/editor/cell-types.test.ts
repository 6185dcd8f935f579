import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { cellPath, upstreamDeclarations, type CellSource } from "./cell-types.ts";

const api = readFileSync(new URL("../../experiments/api/switchyard.d.ts", import.meta.url), "utf8");

/** What the type checker says of `source` as a cell below `others`. */
function check(source: string, others: readonly CellSource[]): string[] {
  const files = new Map([[cellPath("view"), source], ["file:///switchyard.d.ts", api], ...upstreamDeclarations(others).map(({ path, text }) => [path, text] as const)]);
  const host = ts.createCompilerHost({});
  const { getSourceFile, fileExists } = host;
  host.getSourceFile = (name, options) => {
    const text = files.get(name);
    return text === undefined ? getSourceFile(name, options) : ts.createSourceFile(name, text, options);
  };
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.directoryExists = undefined; // these files have no directories, as in the editor's worker
  const options: ts.CompilerOptions = { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, moduleDetection: ts.ModuleDetectionKind.Force, lib: ["lib.es2022.d.ts"], types: [], strict: true, noEmit: true };
  const program = ts.createProgram([...files.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

const study: CellSource = {
  id: "study",
  source: 'import { experiment } from "switchyard";\nexport const study = experiment("Small", { arms: { plain: {} }, baseline: "plain" });',
  defines: ["study"],
};

describe("types of upstream cells", () => {
  it("give a study as the result that its promise becomes", () => {
    expect(check('const titles: string[] = study.arms.map((arm) => arm.name);', [study])).toEqual([]);
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
