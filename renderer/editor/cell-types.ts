/** What one cell's editor must know of the others: their code as modules, their names as globals. */

export interface CellSource {
  id: string;
  source: string;
  /** names its top level declares */
  defines: readonly string[];
}

export const cellPath = (cell: string): string => `file:///cells/${encodeURIComponent(cell)}.ts`;

/** @param path below a folder of packages, e.g. "@types/d3/index.d.ts" */
export const packagePath = (path: string): string => `file:///node_modules/${path}`;

const upstreamPath = (cell: string): string => `file:///upstream/${encodeURIComponent(cell)}.ts`;

/** Names a cell's own `export` statements cover already, told by their text: good enough for declarations. */
function exported(source: string): Set<string> {
  const names = new Set<string>();
  for (const [, name] of source.matchAll(
    /^\s*export\s+(?:declare\s+|async\s+)?(?:const|let|var|function\*?|class|interface|type)\s+([\p{L}_$][\p{L}\p{N}_$]*)/gmu,
  ))
    names.add(name);
  return names;
}

/** @param cells all cells but the one being edited */
export function upstreamDeclarations(cells: readonly CellSource[]): { path: string; text: string }[] {
  const modules = cells.map(({ id, source, defines }) => {
    const covered = exported(source);
    const rest = defines.filter((name) => !covered.has(name));
    // The names of an upstream module must not clash with the model of the same cell.
    return { path: upstreamPath(id), text: `${source}\nexport {${rest.join(", ")}};\n` };
  });
  // Relative: a specifier that begins with a scheme is looked up among packages, and what is not found is `any`.
  // Awaited: a cell reads what the promise of another has become.
  const names = cells.flatMap(({ id, defines }) =>
    defines.map((name) => `  const ${name}: Awaited<typeof import(${JSON.stringify(`./upstream/${encodeURIComponent(id)}`)}).${name}>;`),
  );
  return [...modules, { path: "file:///globals.d.ts", text: `export {};\ndeclare global {\n${names.join("\n")}\n}\n` }];
}
