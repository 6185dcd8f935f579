/** What one cell says by itself, before the other cells are known. */
import { type AnyNode, type ImportDeclaration, type Program, parse } from "acorn";
import { full } from "acorn-walk";
import { closest, distance } from "fastest-levenshtein";
import { libraryNames } from "../../api/libraries/generated/names.ts";
import { apiNames } from "../../api/names.ts";
import { blankTypes, type SourceProblem } from "./blank-types.ts";
import type { LibraryName } from "../kernel/protocol.ts";
import { excessOf, limits, refuseLonger, TooMuch } from "../file/limits.ts";
import { moduleNames, type Reference } from "./scope.ts";

/** What a local name stands for: an export of a module, or "*" for all of it. */
interface Imported {
  module: "switchyard" | LibraryName;
  name: string;
}

export interface CellAnalysis {
  kind: "experiment" | "view";
  /** names declared at the top level, in source order */
  defines: string[];
  /** uses of names that the cell neither declares nor imports */
  free: Reference[];
  /** by local name */
  imports: Map<string, Imported>;
  js: string;
  program: Program | null;
  problem: (Omit<SourceProblem, "name"> & { name: string }) | null;
}

/** Never throws; a cell that cannot be read has a problem. */
export function analyseCell(source: string): CellAnalysis {
  const analysis: CellAnalysis = { kind: "view", defines: [], free: [], imports: new Map(), js: source, program: null, problem: null };
  try {
    refuseLonger(source, limits.cell, "this cell");
    refuseNestedAsync(source);
    return readCell(source, analysis);
  } catch (error) {
    // Parsers recurse: code that nests without end overflows their stack.
    const problem = { offset: 0, name: "TooMuch", message: excessOf(error, "the code") };
    return { ...analysis, defines: source.length > limits.cell ? [] : guessDefines(source), problem };
  }
}

/** TypeScript's parser reads what stands in `async (…)` twice, to see whether it is a function: twenty within each other take minutes. */
function refuseNestedAsync(source: string): void {
  const open: boolean[] = [];
  let nested = 0;
  for (const [sign] of source.matchAll(/\basync\b[^()[\]{};]{0,200}\(|[([{]|[)\]}]/g)) {
    if (/^[)\]}]$/.test(sign)) nested -= open.pop() ? 1 : 0;
    else {
      open.push(sign.length > 1);
      nested += sign.length > 1 ? 1 : 0;
    }
    if (nested > 5) throw new TooMuch("`async (` stands within itself more than five times");
  }
}

function readCell(source: string, analysis: CellAnalysis): CellAnalysis {
  const blanked = blankTypes(source);
  if (blanked.problem) return { ...analysis, defines: guessDefines(source), problem: blanked.problem };
  analysis.js = blanked.js;
  let program: Program;
  try {
    program = parse(blanked.js, { ecmaVersion: 2024, sourceType: "module", locations: true });
  } catch (error) {
    const { message, pos } = error as SyntaxError & { pos: number };
    const problem = { offset: pos, name: "SyntaxError", message: message.replace(/ \(\d+:\d+\)$/, "") };
    return { ...analysis, defines: guessDefines(source), problem };
  }
  analysis.program = program;
  const names = moduleNames(program);
  analysis.defines = names.declared;
  analysis.free = names.free;
  analysis.problem = refused(program);
  for (const node of program.body) {
    if (node.type !== "ImportDeclaration") continue;
    analysis.problem ??= readImport(node, analysis.imports);
  }
  if (usesExperiment(program, analysis.imports)) analysis.kind = "experiment";
  return analysis;
}

/** The first piece of syntax that has no meaning in a cell. */
function refused(program: Program): CellAnalysis["problem"] {
  let found: CellAnalysis["problem"] = null;
  const refuse = (node: AnyNode, message: string) => {
    if (!found || node.start < found.offset) found = { offset: node.start, name: "UnsupportedSyntax", message };
  };
  full(program, (node) => {
    if (node.type === "ImportExpression")
      refuse(node, 'import() loads code while a cell runs, and a cell can load none: use `import … from "switchyard"`');
    if (node.type === "MetaProperty" && node.meta.name === "import")
      refuse(node, "import.meta has no meaning in a cell: a cell has no address");
    if (node.type === "ExportDefaultDeclaration") refuse(node, "a cell shares values by name: write `export const name = …`");
    if (node.type === "ExportAllDeclaration") refuse(node, "a cell cannot re-export a module");
    if (node.type === "ExportNamedDeclaration") {
      if (node.source) refuse(node, "a cell cannot re-export a module");
      for (const { local, exported } of node.specifiers)
        if (local.type !== "Identifier" || exported.type !== "Identifier" || local.name !== exported.name)
          refuse(node, "a cell shares names as they are: `export { a as b }` has no meaning");
    }
  });
  return found;
}

const exportsOf: Readonly<Record<Imported["module"], readonly string[]>> = { switchyard: apiNames, ...libraryNames };
const examples: Readonly<Record<Imported["module"], string>> = {
  switchyard: 'import { experiment } from "switchyard"',
  d3: 'import * as d3 from "d3"',
  "@observablehq/plot": 'import * as Plot from "@observablehq/plot"',
};

function readImport(node: ImportDeclaration, imports: Map<string, Imported>): CellAnalysis["problem"] {
  const source = String(node.source.value);
  if (!Object.hasOwn(exportsOf, source)) {
    const near = source.startsWith("d3-")
      ? '; d3 is one module here: write `import { … } from "d3"`'
      : didYouMean(source, Object.keys(exportsOf));
    return {
      offset: node.source.start,
      name: "ImportError",
      message: `"${source}" cannot be imported: a cell runs in a sandbox whose modules are "switchyard", "d3" and "@observablehq/plot"${near}`,
    };
  }
  const module = source as Imported["module"];
  for (const specifier of node.specifiers) {
    if (specifier.type === "ImportDefaultSpecifier")
      return { offset: specifier.start, name: "ImportError", message: `"${module}" has no default export: write \`${examples[module]}\`` };
    if (specifier.type === "ImportNamespaceSpecifier") {
      imports.set(specifier.local.name, { module, name: "*" });
      continue;
    }
    const name = specifier.imported.type === "Identifier" ? specifier.imported.name : String(specifier.imported.value);
    if (!exportsOf[module].includes(name))
      return {
        offset: specifier.start,
        name: "ImportError",
        message: `"${module}" has no \`${name}\`${didYouMean(name, exportsOf[module])}`,
      };
    imports.set(specifier.local.name, { module, name });
  }
  return null;
}

/** Beyond these, comparing costs more than the hint is worth. */
const mostCandidates = 500;
const longestName = 100;

/** `; did you mean …?` where a name is near enough, otherwise nothing. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const most = Math.max(1, Math.floor(name.length / 3));
  const alike = candidates.filter((candidate) => Math.abs(candidate.length - name.length) <= most);
  if (alike.length === 0 || alike.length > mostCandidates || name.length > longestName) return "";
  const near = closest(name, alike);
  return distance(name, near) <= most ? `; did you mean \`${near}\`?` : "";
}

/**
 * A cell trains when it mentions `experiment`, also under another name. A namespace import counts unless it is only
 * used as `sy.name` with other names: it may hand `experiment` on.
 */
function usesExperiment(program: Program, imports: ReadonlyMap<string, Imported>): boolean {
  const otherMembers = new Set<AnyNode>();
  full(program, (node) => {
    if (node.type !== "MemberExpression" || node.computed || node.property.type !== "Identifier") return;
    if (node.property.name !== "experiment") otherMembers.add(node.object);
  });
  let uses = false;
  full(program, (node) => {
    if (node.type !== "Identifier") return;
    const imported = imports.get(node.name);
    if (imported?.module !== "switchyard") return;
    if (imported.name === "experiment" || (imported.name === "*" && !otherMembers.has(node))) uses = true;
  });
  return uses;
}

/** Names that a cell with a syntax error seems to define, so that the cells that read them stay attached to it. */
function guessDefines(source: string): string[] {
  const declarations = source.matchAll(
    /^(?:export\s+)?(?:const|let|var|(?:async\s+)?function\*?|class|enum|namespace)\s+([\p{L}_$][\p{L}\p{N}_$]*)/gmu,
  );
  return [...new Set([...declarations].map((match) => match[1]))];
}
