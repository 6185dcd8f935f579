/** What crosses between a notebook's kernel (QuickJS sandbox, untrusted) and its host: plain JSON-able data only. */
import type { DrawnSvg } from "../../figures/drawn/clean-svg.ts";
import type { ExperimentRequest, FigureRequest } from "../../request.ts";
import type { ExperimentResult } from "../../results.ts";

/** The richest thing a displayed value can be. */
export type DisplayItem =
  | { kind: "experiment"; id: string }
  | { kind: "figure"; request: FigureRequest }
  /** what the cell drew itself; only drawing is left in it (`figures/drawn/clean-svg.ts`) */
  | ({ kind: "svg" } & DrawnSvg)
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

export type LibraryName = "d3" | "@observablehq/plot";

/** One cell after `compileNotebook`: what the kernel evaluates. */
export interface CompiledCell {
  id: string;
  kind: "experiment" | "view";
  /** names declared at the cell's top level, in source order */
  defines: string[];
  /** names it reads that other cells define, in alphabetical order */
  reads: string[];
  /** what it imports from besides "switchyard" */
  libraries: LibraryName[];
  /** JavaScript for the kernel, its line 2 being line 1 of the cell; empty when `error` is set */
  code: string;
  /** text that `code` holds and the cell does not, at a 1-based line and column of the cell */
  inserted: { line: number; column: number; length: number } | null;
  error: CellError | null;
}

export interface KernelOptions {
  /** seconds of computing one cell may use, waiting on training not counted; default 10 */
  cpuSeconds?: number;
  /** bytes the sandbox may hold; default 256 MiB */
  memoryBytes?: number;
}

/**
 * A notebook's kernel. Cells may be evaluated at the same time (a view beside an experiment that trains); the caller
 * starts a cell only when the cells it reads have ended. Errors of user code are outcomes, never rejections.
 */
export interface Kernel {
  evaluate(cell: CompiledCell): Promise<CellOutcome>;
  /**
   * Evaluates a cell only for the experiments it asks for: it shows nothing, and the values it had stay as they are.
   * The host is expected to answer with "PlanOnly".
   */
  plan(cell: CompiledCell): Promise<CellOutcome>;
  /** Drops the values of a cell that was deleted. */
  forget(cell: string): void | Promise<void>;
  /** Ends the cell's evaluation, or every one under way, as "interrupted". Stops no training. */
  interrupt(cell?: string): void | Promise<void>;
  dispose(): void | Promise<void>;
  /**
   * Counts fresh sandboxes: it grows when a cell had to be stopped by throwing the sandbox away. All values are then
   * gone, and a cell that reads one fails with the error name "ValueLost" until the definer is evaluated again.
   */
  generation(): number | Promise<number>;
}
