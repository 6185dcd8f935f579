/** Monaco with only what cells need: the editor's features and TypeScript. Loaded when the first editor opens. */
import * as monaco from "monaco-editor/editor/editor.api";
import "monaco-editor/features/register.all";
import "monaco-editor/editor/contrib/suggest/browser/suggestController"; // "all" leaves the completion list out
import "monaco-editor/languages/definitions/typescript/register";
import * as typescript from "monaco-editor/languages/features/typescript/register";
import EditorWorker from "monaco-editor/editor/editor.worker?worker";
import TypeScriptWorker from "monaco-editor/language/typescript/ts.worker?worker";
import { libraryDeclarations, namesLibrary } from "../../experiments/api/libraries/declarations.ts";
import { cellPath, packagePath, upstreamDeclarations, type CellSource } from "./cell-types.ts";
import { defineThemes } from "./monaco-theme.ts";

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => (label === "typescript" || label === "javascript" ? new TypeScriptWorker() : new EditorWorker()),
};

const api = import.meta.glob<string>("../../experiments/api/switchyard.d.ts", { query: "?raw", import: "default", eager: true });

const { typescriptDefaults } = typescript;
typescriptDefaults.setCompilerOptions({
  target: typescript.ScriptTarget.ESNext,
  module: typescript.ModuleKind.ESNext,
  moduleResolution: typescript.ModuleResolutionKind.NodeJs,
  lib: ["es2022"],
  moduleDetection: 3, // every cell is a module, with or without imports
  strict: true,
  noImplicitAny: false,
  allowNonTsExtensions: true,
});
typescriptDefaults.setDiagnosticsOptions({
  // A name that nothing reads may be meant for the next cell; `await` at top level is what cells do.
  diagnosticCodesToIgnore: [6133, 6192, 1378],
});
typescriptDefaults.setEagerModelSync(true);
for (const text of Object.values(api)) typescriptDefaults.addExtraLib(text, packagePath("switchyard/index.d.ts"));

defineThemes(monaco);

let libraries: Promise<void> | null = null;

/** The types of d3 and Plot, from the first cell on that names one of them; they stay. */
function withLibraries(...sources: string[]): void {
  if (libraries || !sources.some(namesLibrary)) return;
  libraries = libraryDeclarations().then((files) => {
    for (const [path, text] of files) typescriptDefaults.addExtraLib(text, packagePath(path));
  });
}

let upstream: { dispose(): void }[] = [];

/** Tells the type checker what the other cells define, so that `balancing.` completes here. */
export function setUpstream(cells: readonly CellSource[]): void {
  withLibraries(...cells.map(({ source }) => source));
  for (const lib of upstream) lib.dispose();
  upstream = upstreamDeclarations(cells).map(({ path, text }) => typescriptDefaults.addExtraLib(text, path));
}

/** The text model of a cell; made anew, because its undo history belongs to one visit of the editor. */
export function openModel(cell: string, source: string): monaco.editor.ITextModel {
  const uri = monaco.Uri.parse(cellPath(cell));
  monaco.editor.getModel(uri)?.dispose();
  const model = monaco.editor.createModel(source, "typescript", uri);
  withLibraries(source);
  model.onDidChangeContent(() => withLibraries(model.getValue()));
  model.setEOL(monaco.editor.EndOfLineSequence.LF); // the file's own line endings are put back by the notebook
  return model;
}

export { monaco };
