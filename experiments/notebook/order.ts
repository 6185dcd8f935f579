/** The graph of cells: an edge from the cell that defines a name to each cell that reads it. */

export interface Named {
  id: string;
  defines: readonly string[];
  reads: readonly string[];
}

export interface CellGraph {
  /** ids, each after the cells it reads; cells that do not depend on each other keep the order of the file */
  order: string[];
  /** each cycle once, as ids in reading order, starting with the one that is first in the file */
  cycles: string[][];
  /** id → ids of the cells whose names it reads */
  upstream: Map<string, string[]>;
  /** id → ids of the cells that read its names */
  downstream: Map<string, string[]>;
}

/** Where several cells define a name, the first of the file is taken. Cells of a cycle come last in `order`. */
export function orderCells(cells: readonly Named[]): CellGraph {
  const definer = new Map<string, string>();
  for (const cell of cells) for (const name of cell.defines) if (!definer.has(name)) definer.set(name, cell.id);

  const upstream = new Map<string, string[]>();
  const downstream = new Map<string, string[]>(cells.map((cell) => [cell.id, []]));
  for (const cell of cells) {
    const sources = new Set(cell.reads.map((name) => definer.get(name)).filter((id) => id !== undefined));
    upstream.set(cell.id, [...sources]);
    for (const source of sources) downstream.get(source)!.push(cell.id);
  }

  const order: string[] = [];
  const placed = new Set<string>();
  let rest = cells.map((cell) => cell.id);
  for (;;) {
    // Always the first ready cell of the file, so that the order is stable.
    const next = rest.find((id) => upstream.get(id)!.every((source) => placed.has(source)));
    if (next === undefined) break;
    order.push(next);
    placed.add(next);
    rest = rest.filter((id) => id !== next);
  }
  return { order: [...order, ...rest], cycles: findCycles(rest, upstream), upstream, downstream };
}

/** One shortest cycle through each cell that no earlier cycle holds; `rest` holds cycles and what reads them. */
function findCycles(rest: readonly string[], upstream: Map<string, string[]>): string[][] {
  const cycles: string[][] = [];
  const seen = new Set<string>();
  for (const start of rest) {
    if (seen.has(start)) continue;
    const cycle = shortestCycle(start, upstream);
    if (!cycle) continue;
    for (const id of cycle) seen.add(id);
    cycles.push(cycle);
  }
  return cycles;
}

function shortestCycle(start: string, upstream: Map<string, string[]>): string[] | null {
  const cameFrom = new Map<string, string>();
  let frontier = [start];
  while (frontier.length > 0) {
    const next: string[] = [];
    for (const id of frontier) {
      for (const source of upstream.get(id) ?? []) {
        if (source === start) {
          const path = [id];
          while (path[0] !== start) path.unshift(cameFrom.get(path[0])!);
          return path;
        }
        if (cameFrom.has(source)) continue;
        cameFrom.set(source, id);
        next.push(source);
      }
    }
    frontier = next;
  }
  return null;
}

/** Every id that can be reached from `from` along `edges`, `from` itself not included unless it is on a cycle. */
export function reachable(from: string, edges: Map<string, string[]>): Set<string> {
  const found = new Set<string>();
  const stack = [...(edges.get(from) ?? [])];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    stack.push(...(edges.get(id) ?? []));
  }
  return found;
}
