/** What crosses between a notebook's kernel (QuickJS sandbox, untrusted) and its host: plain JSON-able data only. */
import type { ExperimentResult } from "../results.ts";

/** `experiment(title, spec)` inside a cell is this request to the host; the cell's value is what it resolves to. */
export interface ExperimentRequest {
  /** id of the cell that asked */
  cell: string;
  /** nth experiment() call of that cell, from 0 */
  index: number;
  title: string;
  /** untrusted: validated by `experiments/runs/spec.ts` */
  spec: unknown;
}

/**
 * A figure asked for by a cell, e.g. `expertLoad(balancing, { by: "domain" })`: only its name, the ids of the
 * experiments it reads and its options cross; our own pure figure function draws it outside the sandbox.
 */
export interface FigureRequest {
  figure: string;
  experiments: string[];
  options: Record<string, unknown>;
}

/** The richest thing a displayed value can be. */
export type DisplayItem =
  | { kind: "experiment"; id: string }
  | { kind: "figure"; request: FigureRequest }
  | { kind: "svg"; svg: string }
  | { kind: "table"; columns: string[]; rows: (string | number | boolean | null)[][] }
  | { kind: "text"; text: string };

/** Where in the cell's own source, 1-based. */
export interface CellError {
  cell: string;
  line: number | null;
  column: number | null;
  name: string;
  message: string;
}

export interface KernelHost {
  /** Resolves with the result, or rejects; in plan mode the host rejects with `{ name: "PlanOnly" }` after it has kept the request. */
  experiment(request: ExperimentRequest): Promise<ExperimentResult>;
  display(cell: string, item: DisplayItem): void;
  log(cell: string, level: "log" | "info" | "warn" | "error", text: string): void;
}

export type CellOutcome =
  | { status: "done" }
  /** an experiment was requested in plan mode, or a cell it reads was */
  | { status: "planned" }
  | { status: "failed"; error: CellError }
  | { status: "interrupted" };
