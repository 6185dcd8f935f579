/** A cell's two axes, kept apart: what it is doing (status) and whether what it shows still holds (validity). */
import type { CellError, CellOutcome, DisplayItem } from "../../experiments/notebook/kernel-protocol.ts";

export type CellStatus = "idle" | "queued" | "running";

/** What a cell's value depends on: its own code, and by name the fingerprints of the cells it reads. */
export interface Fingerprint {
  own: string;
  upstream: Record<string, string>;
}

export type Validity =
  | { kind: "never" }
  | { kind: "planned" }
  | { kind: "fresh" }
  | { kind: "stale"; why: string }
  | { kind: "failed" }
  | { kind: "aborted" };

export class CellState {
  readonly id: string;
  status = $state<CellStatus>("idle");
  outputs = $state.raw<DisplayItem[]>([]);
  logs = $state.raw<string[]>([]);
  /** of the last evaluation, or of the code itself */
  error = $state.raw<CellError | null>(null);
  outcome = $state<CellOutcome["status"] | null>(null);
  /** what the last evaluation was made from */
  ran = $state.raw<Fingerprint | null>(null);

  constructor(id: string) {
    this.id = id;
  }
}

/** @param now the fingerprint of the text as it stands */
export function validityOf(cell: Pick<CellState, "ran" | "outcome">, now: Fingerprint): Validity {
  const { ran, outcome } = cell;
  if (ran === null || outcome === null) return { kind: "never" };
  const why = whyStale(ran, now);
  if (why !== null) return outcome === "planned" ? { kind: "never" } : { kind: "stale", why };
  if (outcome === "failed") return { kind: "failed" };
  if (outcome === "interrupted") return { kind: "aborted" };
  return outcome === "planned" ? { kind: "planned" } : { kind: "fresh" };
}

/** The first reason in words, or null when nothing has changed. */
export function whyStale(ran: Fingerprint, now: Fingerprint): string | null {
  if (ran.own !== now.own) return "its code changed";
  for (const [id, fingerprint] of Object.entries(now.upstream)) {
    if (ran.upstream[id] === undefined) return `it now reads #${id}`;
    if (ran.upstream[id] !== fingerprint) return `#${id} changed`;
  }
  const gone = Object.keys(ran.upstream).find((id) => now.upstream[id] === undefined);
  return gone === undefined ? null : `it no longer reads #${gone}`;
}

/** Fingerprints of all cells, from their code and who reads whom. Cells of a cycle have none upstream. */
export function fingerprints(cells: readonly { id: string; source: string }[], upstream: ReadonlyMap<string, readonly string[]>): Map<string, Fingerprint> {
  const sources = new Map(cells.map((cell) => [cell.id, cell.source]));
  const made = new Map<string, Fingerprint>();
  const make = (id: string, path: readonly string[]): Fingerprint => {
    const known = made.get(id);
    if (known) return known;
    const reads = (upstream.get(id) ?? []).filter((other) => !path.includes(other));
    const fingerprint = {
      own: sources.get(id) ?? "",
      upstream: Object.fromEntries(reads.map((other) => [other, JSON.stringify(make(other, [...path, id]))])),
    };
    made.set(id, fingerprint);
    return fingerprint;
  };
  for (const cell of cells) make(cell.id, []);
  return made;
}
