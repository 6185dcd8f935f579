/**
 * The JavaScript that the kernel evaluates for a cell:
 *
 *     "use strict";((scope) => { const { display, … } = scope.api, d3 = scope.libraries.d3, { a, b } = scope.cells; return async () => {
 *     …the cell, every character at its line and column…
 *     ;return { defined: { … }, last: … }; } })
 *
 * The outer function holds imports and what the cell reads, so that the cell's own names can shadow them.
 */
import type { ExpressionStatement, Node } from "acorn";
import type { CellAnalysis } from "./analyse.ts";
import type { CompiledCell } from "../kernel/protocol.ts";

export function generate(analysis: CellAnalysis, reads: readonly string[]): Pick<CompiledCell, "code" | "inserted"> {
  const { js, program, imports, defines } = analysis;
  const scope = unused(js, "$scope");
  const last = unused(js, "$last");

  let body = js;
  for (const node of program!.body) {
    if (node.type === "ImportDeclaration") body = blank(body, node.start, node.end);
    if (node.type === "ExportNamedDeclaration") body = blank(body, node.start, node.declaration?.start ?? node.end);
  }
  const shown = lastExpression(analysis);
  let inserted: CompiledCell["inserted"] = null;
  if (shown) {
    const text = `const ${last}=(`;
    const end = body[shown.end - 1] === ";" ? shown.end - 1 : shown.end;
    body = `${body.slice(0, shown.start)}${text}${body.slice(shown.start, end)})${body.slice(end)}`;
    inserted = { line: shown.loc!.start.line, column: shown.loc!.start.column + 1, length: text.length };
  }

  const always = ["display", "console"].filter((name) => !imports.has(name));
  const bindings = [`{ ${always.join(", ")} } = ${scope}.api`];
  for (const [local, { module, name }] of imports) {
    const from = module === "switchyard" ? `${scope}.api` : `${scope}.libraries[${JSON.stringify(module)}]`;
    bindings.push(name === "*" ? `${local} = ${from}` : `{ ${name}: ${local} } = ${from}`);
  }
  if (reads.length > 0) bindings.push(`{ ${reads.join(", ")} } = ${scope}.cells`);
  const header = `"use strict";((${scope}) => { const ${bindings.join(", ")}; return async () => {`;
  const footer = `;return { defined: { ${defines.join(", ")} }, last: ${shown ? last : "undefined"} }; } })`;
  return { code: `${header}\n${body}\n${footer}`, inserted };
}

/** A cell that ends in an expression shows its value; `x = 1` at the end is a statement to its author, not a value. */
function lastExpression(analysis: CellAnalysis): (ExpressionStatement & Node) | null {
  const statement = analysis.program!.body.filter((node) => node.type !== "EmptyStatement").at(-1);
  if (statement?.type !== "ExpressionStatement" || statement.directive !== undefined) return null;
  const { type } = statement.expression;
  return type === "AssignmentExpression" || type === "UpdateExpression" ? null : statement;
}

/** Spaces instead of text, with a semicolon first so that the lines around it do not join into one statement. */
function blank(text: string, start: number, end: number): string {
  const spaces = text.slice(start + 1, end).replace(/[^\r\n\u2028\u2029]/g, " ");
  return `${text.slice(0, start)};${spaces}${text.slice(end)}`;
}

function unused(text: string, name: string): string {
  let candidate = name;
  while (text.includes(candidate)) candidate += "_";
  return candidate;
}
