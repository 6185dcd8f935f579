/** Cells to sandbox code: types off in place, names in and out, and the errors that need no running to be found. */
import { analyseCell, type CellAnalysis, didYouMean } from "./analyse.ts";
import { generate } from "./generate.ts";
import { sandboxGlobals, whyMissing } from "./globals.ts";
import type { CellError, CompiledCell } from "../kernel/protocol.ts";
import { limits } from "../file/limits.ts";
import { cellsOf, type Notebook } from "../file/notebook.ts";
import { type CellGraph, orderCells } from "./order.ts";

export type { CompiledCell } from "../kernel/protocol.ts";

export interface CompiledNotebook {
  /** in the order of the file */
  cells: CompiledCell[];
  byId: ReadonlyMap<string, CompiledCell>;
  graph: CellGraph;
}

/** Compiles all cells of a notebook against each other. Never throws: each cell carries its own error. */
export function compileNotebook(notebook: Notebook): CompiledNotebook {
  return compileCells(cellsOf(notebook).map(({ id, source }) => ({ id, source })));
}

export function compileCells(sources: readonly { id: string; source: string }[]): CompiledNotebook {
  const parts = sources.map(({ id, source }) => ({ id, source, analysis: analyse(source) }));
  const definer = new Map<string, string>();
  for (const { id, analysis } of parts) for (const name of analysis.defines) if (!definer.has(name)) definer.set(name, id);

  const cells = parts.map(({ id, source, analysis }): CompiledCell => {
    const { kind, defines } = analysis;
    const reads = [...new Set(analysis.free.map((use) => use.name).filter((name) => definer.has(name) && definer.get(name) !== id))].sort();
    const problem = analysis.problem ?? linkProblem(id, analysis, definer);
    const error = problem && errorAt(id, source, problem);
    const { code, inserted } = error ? { code: "", inserted: null } : generate(analysis, reads);
    const libraries = [
      ...new Set([...analysis.imports.values()].flatMap(({ module }) => (module === "switchyard" ? [] : [module]))),
    ].sort();
    return { id, kind, defines, reads, libraries, code, inserted, error };
  });

  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  const graph = orderCells(cells);
  for (const cycle of graph.cycles) {
    const told = cycle.length > longestCycle ? [...cycle.slice(0, longestCycle), `… ${cycle.length - longestCycle} more`] : cycle;
    const path = [...told, cycle[0]].map((id) => (id.startsWith("…") ? id : `#${id}`)).join(" reads ");
    for (const id of cycle) {
      const cell = byId.get(id)!;
      cell.error ??= {
        cell: id,
        line: null,
        column: null,
        name: "CycleError",
        message: `cells cannot read each other in a circle: ${path}`,
      };
      cell.code = "";
    }
  }
  return { cells, byId, graph };
}

/** Cells of a circle that its error names. */
const longestCycle = 20;

type Problem = NonNullable<CellAnalysis["problem"]>;

function linkProblem(id: string, analysis: CellAnalysis, definer: ReadonlyMap<string, string>): Problem | null {
  for (const name of analysis.defines) {
    const other = definer.get(name)!;
    if (other === id) continue;
    const offset = analysis.js.search(new RegExp(`(?<![\\p{L}\\p{N}_$])${name.replaceAll("$", "\\$")}(?![\\p{L}\\p{N}_$])`, "u"));
    return { offset, name: "DuplicateName", message: `\`${name}\` is already defined by #${other}: a name belongs to one cell` };
  }
  for (const { name, node, assigned, typeofOperand } of analysis.free) {
    const owner = definer.get(name);
    if (assigned) {
      const why = owner ? `belongs to #${owner}; only that cell can assign it` : "is not declared: write `const` or `let` before it";
      return { offset: node.start, name: "AssignmentError", message: `\`${name}\` ${why}` };
    }
    if (owner || typeofOperand || sandboxGlobals.has(name)) continue;
    const reason = whyMissing(name);
    const hint = reason ? `: ${reason}` : didYouMean(name, [...definer.keys(), ...analysis.defines, ...sandboxGlobals]);
    return { offset: node.start, name: "ReferenceError", message: `no cell defines \`${name}\`${hint}` };
  }
  return null;
}

function errorAt(cell: string, source: string, problem: Problem): CellError {
  const before = source.slice(0, problem.offset);
  const line = before.split("\n").length;
  const column = problem.offset - (before.lastIndexOf("\n") + 1) + 1;
  return { cell, line, column, name: problem.name, message: problem.message };
}

/** Analyses by source text: an edit to one cell of two hundred should not parse the others again. */
const analyses = new Map<string, CellAnalysis>();
const analysesKept = limits.cells;

function analyse(source: string): CellAnalysis {
  const known = analyses.get(source);
  if (known) return known;
  const analysis = analyseCell(source);
  if (analyses.size >= analysesKept) analyses.delete(analyses.keys().next().value!);
  analyses.set(source, analysis);
  return analysis;
}
