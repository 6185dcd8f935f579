/**
 * What a cell's value depends on: its own text, the settings where it trains, and the same of every cell it reads.
 * Two equal fingerprints mean the same computation.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { CompiledNotebook } from "./compile.ts";
import { nameMap, own } from "../../own-keys.ts";

export interface Fingerprint {
  hash: string;
  source: string;
  /** budget and overrides, as the host writes them; "" for views, which they do not reach */
  settings: string;
  /** name that is read → cell that defines it, and that cell's hash */
  inputs: Record<string, { cell: string; hash: string }>;
}

/** A cell of a circle has no order of computation: its hash in a fingerprint is this. */
const circular = "circular";

export function fingerprint(source: string, settings: string, inputs: Fingerprint["inputs"]): Fingerprint {
  const parts = [
    source,
    settings,
    Object.entries(inputs)
      .map(([name, { hash }]) => [name, hash])
      .sort(),
  ];
  return { hash: bytesToHex(sha256(utf8ToBytes(JSON.stringify(parts)))), source, settings, inputs };
}

/** name → id of the cell that defines it (the first, where several do) */
function definers({ cells }: CompiledNotebook): Map<string, string> {
  const definer = new Map<string, string>();
  for (const cell of cells) for (const name of cell.defines) if (!definer.has(name)) definer.set(name, cell.id);
  return definer;
}

/** Fingerprints of all cells as the text stands. */
export function fingerprints(compiled: CompiledNotebook, sources: ReadonlyMap<string, string>, settings: string): Map<string, Fingerprint> {
  const prints = new Map<string, Fingerprint>();
  const definer = definers(compiled);
  const cells = new Map(compiled.cells.map((cell) => [cell.id, cell]));
  for (const id of compiled.graph.order) {
    const cell = cells.get(id)!;
    const inputs: Fingerprint["inputs"] = nameMap();
    for (const name of cell.reads) {
      const source = definer.get(name)!;
      inputs[name] = { cell: source, hash: prints.get(source)?.hash ?? circular };
    }
    prints.set(id, fingerprint(sources.get(id)!, cell.kind === "experiment" ? settings : "", inputs));
  }
  return prints;
}

/** Why a value made from `made` is not what `now` would give. */
export type StaleReason =
  | { kind: "source" }
  | { kind: "settings" }
  /** a cell it reads, or one further up, has changed */
  | { kind: "upstream"; cell: string };

export function whyStale(made: Fingerprint, now: Fingerprint): StaleReason[] {
  const reasons: StaleReason[] = [];
  if (made.source !== now.source) reasons.push({ kind: "source" });
  if (made.settings !== now.settings) reasons.push({ kind: "settings" });
  const cells = new Set<string>();
  for (const [name, { cell, hash }] of Object.entries(now.inputs)) if (own(made.inputs, name)?.hash !== hash) cells.add(cell);
  // A name that no cell defines any longer: the cell that did has changed.
  for (const [name, { cell }] of Object.entries(made.inputs)) if (!Object.hasOwn(now.inputs, name)) cells.add(cell);
  for (const cell of cells) reasons.push({ kind: "upstream", cell });
  return reasons;
}

export function reasonText(reasons: readonly StaleReason[]): string {
  return reasons
    .map((reason) => {
      if (reason.kind === "source") return "its text changed";
      if (reason.kind === "settings") return "the budget or the overrides changed";
      return `#${reason.cell} changed`;
    })
    .join("; ");
}
