import { blankSourceFile } from "ts-blank-space";
import ts from "typescript";

/** A problem at an offset of the source. */
export interface SourceProblem {
  offset: number;
  name: "SyntaxError" | "UnsupportedSyntax";
  message: string;
}

/**
 * Replaces type syntax by spaces: the result has the length, lines and columns of the source.
 * Constructs with runtime meaning beyond types (enums, namespaces, parameter properties) cannot be erased.
 */
export function blankTypes(source: string): { js: string; problem: SourceProblem | null } {
  const file = ts.createSourceFile(
    "cell.ts",
    source,
    { languageVersion: ts.ScriptTarget.ESNext, impliedNodeFormat: ts.ModuleKind.ESNext },
    false,
    ts.ScriptKind.TS,
  );
  // TypeScript's parser repairs what it cannot read; without its diagnostics, broken types would vanish silently.
  const { parseDiagnostics } = file as unknown as { parseDiagnostics: ts.DiagnosticWithLocation[] };
  if (parseDiagnostics.length > 0) {
    const [first] = parseDiagnostics;
    const message = ts.flattenDiagnosticMessageText(first.messageText, " ");
    return { js: source, problem: { offset: first.start, name: "SyntaxError", message } };
  }
  let problem: SourceProblem | null = null;
  const js = blankSourceFile(file, (node) => {
    if (problem) return;
    problem = { offset: node.getStart(file), name: "UnsupportedSyntax", message: describe(node) };
  });
  return { js, problem };
}

/** Names the construct and what to write instead. */
function describe(node: ts.Node): string {
  switch (node.kind) {
    case ts.SyntaxKind.EnumDeclaration:
      return "an enum makes code, so its types cannot simply be erased: write an object, such as `const Colour = { red: 0 } as const`";
    case ts.SyntaxKind.ModuleDeclaration:
      return "a namespace makes code, so its types cannot simply be erased: use plain top-level names";
    case ts.SyntaxKind.Parameter:
    case ts.SyntaxKind.PublicKeyword:
    case ts.SyntaxKind.PrivateKeyword:
    case ts.SyntaxKind.ProtectedKeyword:
    case ts.SyntaxKind.ReadonlyKeyword:
      return "a parameter property makes code, so its types cannot simply be erased: declare the field and assign it in the constructor";
    case ts.SyntaxKind.ImportEqualsDeclaration:
      return '`import x = …` cannot be erased: write `import { x } from "switchyard"`';
    case ts.SyntaxKind.ExportAssignment:
      return "`export =` cannot be erased: write `export const name = …`";
    case ts.SyntaxKind.TypeAssertionExpression:
      return "`<Type>value` cannot be erased: write `value as Type`";
    default:
      return `${ts.SyntaxKind[node.kind]} cannot be erased to JavaScript`;
  }
}
