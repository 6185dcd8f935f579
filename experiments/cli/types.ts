/** Types of cells, checked with the `typescript` package where it is installed (it is not needed to run anything). */
import { libraryDeclarations } from "../api/libraries/declarations.ts";
import declarations from "../api/switchyard.d.ts?raw";
import type { CellError } from "../notebook/kernel/protocol.ts";
import { cellsOf } from "../notebook/file/notebook.ts";
import { excessOf } from "../notebook/file/limits.ts";
import { RefusedError } from "./refused.ts";
import type { OpenNotebook } from "./study.ts";
import { withinSeconds } from "./time-limit.ts";

const root = "/notebook";

/** Every type error of the notebook's cells, in its own lines; null where TypeScript is not installed. */
export async function typeErrors({ path, notebook, cells }: OpenNotebook): Promise<CellError[] | null> {
  const ts = await import("typescript").then((module) => module.default).catch(() => null);
  if (!ts) return null;
  const definer = new Map(cells.flatMap((cell) => cell.defines.map((name) => [name, cell.id])));
  const sources = new Map(cellsOf(notebook).map(({ id, source }) => [id, source]));
  const files = new Map<string, string>([[`${root}/switchyard.d.ts`, declarations]]);
  // not roots: what an import names is looked up among them
  const packages = cells.some((cell) => cell.libraries.length > 0) ? await libraryDeclarations() : new Map<string, string>();
  const elements = packages.get("elements.d.ts");
  if (elements !== undefined) files.set(`${root}/elements.d.ts`, elements);
  for (const cell of cells) {
    const source = sources.get(cell.id)!;
    const exported = exportedNames(ts, source);
    // what the kernel links by name is linked by modules here; after the source, so that lines stay true
    // (the kernel awaits a promise before another cell reads its name); an import type, because the type of an imported
    // name would depend on the flow of the cell, whose calls may depend on the name
    const imports = cell.reads.map(
      (name) => `declare const ${name}: Awaited<typeof import(${JSON.stringify(`./cell-${definer.get(name)}.ts`)}).${name}>;`,
    );
    const exports = `export { ${cell.defines.filter((name) => !exported.has(name)).join(", ")} };`;
    files.set(`${root}/cell-${cell.id}.ts`, [source, ...imports, exports].join("\n"));
  }
  const roots = [...files.keys()];
  for (const [path, text] of packages) files.set(`${root}/node_modules/${path}`, text);
  const options: import("typescript").CompilerOptions = {
    // a notebook is for trying things out: nulls and implicit any are not errors there
    strict: false,
    noEmit: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    types: [],
    lib: ["lib.es2023.d.ts"],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force,
  };
  const host = ts.createCompilerHost(options);
  const disk = { getSourceFile: host.getSourceFile, fileExists: host.fileExists, readFile: host.readFile };
  host.getSourceFile = (name, ...rest) =>
    files.has(name) ? ts.createSourceFile(name, files.get(name)!, ts.ScriptTarget.ES2022) : disk.getSourceFile(name, ...rest);
  host.fileExists = (name) => files.has(name) || disk.fileExists(name);
  host.readFile = (name) => files.get(name) ?? disk.readFile(name);
  host.getCurrentDirectory = () => root;
  // the folder of the cells is on no disk
  host.directoryExists = undefined;
  host.realpath = undefined;
  const late = () => new RefusedError(`switchyard: ${path}: its types take longer than ${checkingSeconds} s to check`);
  const tooDeep = (error: unknown) => new RefusedError(`switchyard: ${path}: types: ${excessOf(error, "the code")}`);
  try {
    return withinSeconds(checkingSeconds, () => errorsIn(ts, ts.createProgram(roots, options, host), cells), late);
  } catch (error) {
    throw error instanceof RefusedError ? error : tooDeep(error);
  }
}

/** Types can be made to compute for ever; a notebook of a thousand cells takes a third of it. */
const checkingSeconds = 60;

function errorsIn(ts: typeof import("typescript"), program: import("typescript").Program, cells: OpenNotebook["cells"]): CellError[] {
  return cells.flatMap((cell): CellError[] => {
    const file = program.getSourceFile(`${root}/cell-${cell.id}.ts`)!;
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return found.map((diagnostic) => {
      const at = diagnostic.start === undefined ? null : file.getLineAndCharacterOfPosition(diagnostic.start);
      const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n  ");
      return { cell: cell.id, line: at && at.line + 1, column: at && at.character + 1, name: "TypeError", message };
    });
  });
}

/** Names that a cell's source exports itself; exporting them once more would be an error of ours. */
function exportedNames(ts: typeof import("typescript"), source: string): Set<string> {
  const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ES2022);
  const names = new Set<string>();
  const collect = (name: import("typescript").BindingName) => {
    if (ts.isIdentifier(name)) names.add(name.text);
    else for (const element of name.elements) if (ts.isBindingElement(element)) collect(element.name);
  };
  for (const statement of file.statements) {
    if (ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)) {
      for (const element of statement.exportClause.elements) names.add(element.name.text);
    }
    if (!ts.canHaveModifiers(statement) || !statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) continue;
    if (ts.isVariableStatement(statement)) for (const { name } of statement.declarationList.declarations) collect(name);
    else if ((ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name) names.add(statement.name.text);
  }
  return names;
}
