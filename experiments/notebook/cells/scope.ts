/**
 * Which names a module's top level declares, and which names it uses without declaring them. JavaScript's scope rules:
 * `let`, `const`, `class` and functions belong to their block, `var` to its function.
 */
import type { AnyNode, Identifier, Pattern, Program } from "acorn";
import { fullAncestor } from "acorn-walk";

export interface Reference {
  name: string;
  node: Identifier;
  assigned: boolean;
  /** `typeof name` is allowed for a name that nobody defines */
  typeofOperand: boolean;
}

export interface ModuleNames {
  /** declared at the top level, imports not included, in source order */
  declared: string[];
  /** uses of names that no scope of the module declares; imports count as declared */
  free: Reference[];
}

export function moduleNames(program: Program): ModuleNames {
  const scopes = new Map<AnyNode, Set<string>>();
  const scope = (node: AnyNode): Set<string> => {
    let names = scopes.get(node);
    if (!names) scopes.set(node, (names = new Set()));
    return names;
  };
  const imported = new Set<string>();

  fullAncestor(program, (node, _state, ancestors) => {
    const parents = ancestors.slice(0, -1);
    switch (node.type) {
      case "VariableDeclaration": {
        const owner = nearest(parents, node.kind === "var" ? isFunctionScope : isBlockScope);
        for (const declarator of node.declarations) for (const name of patternNames(declarator.id)) scope(owner).add(name);
        break;
      }
      case "FunctionDeclaration":
      case "ClassDeclaration":
        if (node.id) scope(nearest(parents, isBlockScope)).add(node.id.name);
        break;
      case "ImportDeclaration":
        for (const specifier of node.specifiers) imported.add(specifier.local.name);
        break;
      case "CatchClause":
        if (node.param) for (const name of patternNames(node.param)) scope(node).add(name);
        break;
    }
    if (isFunction(node)) {
      const fn = node;
      for (const param of fn.params) for (const name of patternNames(param)) scope(fn).add(name);
      if (fn.type === "FunctionExpression" && fn.id) scope(fn).add(fn.id.name);
      if (fn.type !== "ArrowFunctionExpression") scope(fn).add("arguments");
    } else if (node.type === "ClassExpression" && node.id) {
      scope(node).add(node.id.name);
    }
  });

  const free: Reference[] = [];
  fullAncestor(program, (node, _state, ancestors) => {
    if (node.type !== "Identifier") return;
    const parents = ancestors.slice(0, -1);
    if (parents.some((parent) => scopes.get(parent)?.has(node.name)) || imported.has(node.name)) return;
    const parent = parents[parents.length - 1];
    free.push({
      name: node.name,
      node,
      assigned: isAssigned(node, parents),
      typeofOperand: parent?.type === "UnaryExpression" && parent.operator === "typeof",
    });
  });
  return { declared: [...(scopes.get(program) ?? [])], free };
}

type AnyFunction = Extract<AnyNode, { type: "FunctionDeclaration" | "FunctionExpression" | "ArrowFunctionExpression" }>;

const isFunction = (node: AnyNode): node is AnyFunction =>
  node.type === "FunctionDeclaration" || node.type === "FunctionExpression" || node.type === "ArrowFunctionExpression";

const isFunctionScope = (node: AnyNode): boolean => isFunction(node) || node.type === "Program" || node.type === "StaticBlock";

const isBlockScope = (node: AnyNode): boolean =>
  isFunctionScope(node) ||
  node.type === "BlockStatement" ||
  node.type === "ForStatement" ||
  node.type === "ForInStatement" ||
  node.type === "ForOfStatement" ||
  node.type === "SwitchStatement" ||
  node.type === "CatchClause";

function nearest(parents: readonly AnyNode[], is: (node: AnyNode) => boolean): AnyNode {
  for (let i = parents.length - 1; i >= 0; i--) if (is(parents[i])) return parents[i];
  return parents[0];
}

/** Names that a declaration's pattern binds. */
function patternNames(pattern: Pattern): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((property) => patternNames(property.type === "RestElement" ? property.argument : property.value));
    case "ArrayPattern":
      return pattern.elements.flatMap((element) => (element ? patternNames(element) : []));
    case "RestElement":
      return patternNames(pattern.argument);
    case "AssignmentPattern":
      return patternNames(pattern.left);
    case "MemberExpression":
      return [];
  }
}

/** Whether the identifier is the target of `=`, `+=`, `++`, `for (x of …)` or a part of a destructuring target. */
function isAssigned(identifier: Identifier, parents: readonly AnyNode[]): boolean {
  let child: AnyNode = identifier;
  for (let i = parents.length - 1; i >= 0; i--) {
    const parent = parents[i];
    switch (parent.type) {
      case "UpdateExpression":
        return true;
      case "AssignmentExpression":
      case "ForInStatement":
      case "ForOfStatement":
        return parent.left === child;
      case "AssignmentPattern":
        if (parent.left !== child) return false;
        break;
      case "ObjectPattern":
        // acorn-walk goes straight from the pattern to the values (and computed keys) of its properties.
        if (!parent.properties.some((property) => (property.type === "RestElement" ? property.argument : property.value) === child))
          return false;
        break;
      case "ArrayPattern":
      case "RestElement":
        break;
      default:
        return false;
    }
    child = parent;
  }
  return false;
}
