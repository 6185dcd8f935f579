/** Declarations of d3 and Plot for type checkers of cells: 1.2 MB of text, loaded when a cell first names one of them. */

const named = /["'](?:d3|@observablehq\/plot)["']/;

/** Whether a cell's text imports from d3 or Plot, or is about to. */
export const namesLibrary = (source: string): boolean => named.test(source);

/** Path below the folder of packages (`@types/d3/index.d.ts`) → text; `elements.d.ts` is global, no import names it. */
export async function libraryDeclarations(): Promise<ReadonlyMap<string, string>> {
  const { default: files } = await import("./generated/declarations.json");
  return new Map(Object.entries(files));
}
