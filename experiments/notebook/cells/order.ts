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

  // Always the first ready cell of the file, so that the order is stable.
  const position = new Map(cells.map((cell, at) => [cell.id, at]));
  const open = new Map([...upstream].map(([id, sources]) => [id, sources.length]));
  const ready = new Smallest();
  for (const [at, { id }] of cells.entries()) if (open.get(id) === 0) ready.add(at);
  const order: string[] = [];
  for (let at = ready.take(); at !== undefined; at = ready.take()) {
    const { id } = cells[at];
    order.push(id);
    for (const reader of downstream.get(id)!) {
      open.set(reader, open.get(reader)! - 1);
      if (open.get(reader) === 0) ready.add(position.get(reader)!);
    }
  }
  const placed = new Set(order);
  const rest = cells.map((cell) => cell.id).filter((id) => !placed.has(id));
  return { order: [...order, ...rest], cycles: findCycles(rest, upstream), upstream, downstream };
}

/** Numbers, of which the smallest is taken: a binary heap. */
class Smallest {
  private readonly heap: number[] = [];

  add(value: number): void {
    const { heap } = this;
    let at = heap.push(value) - 1;
    for (let above = (at - 1) >> 1; at > 0 && heap[above] > heap[at]; at = above, above = (at - 1) >> 1)
      [heap[at], heap[above]] = [heap[above], heap[at]];
  }

  take(): number | undefined {
    const { heap } = this;
    const smallest = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return last;
    heap[0] = last;
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      const below = left + 1 < heap.length && heap[left + 1] < heap[left] ? left + 1 : left;
      if (below >= heap.length || heap[below] >= heap[at]) return smallest;
      [heap[at], heap[below]] = [heap[below], heap[at]];
      at = below;
    }
  }
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
          while (path[path.length - 1] !== start) path.push(cameFrom.get(path[path.length - 1])!);
          return path.reverse();
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
