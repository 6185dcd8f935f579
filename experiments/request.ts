/** What is asked: by a cell, by a notebook's budget, by the command line. `results.ts` is what is got. */
import type { Json } from "./json-value.ts";

/** `experiment(title, spec)` inside a cell is this request to the host; the cell's value is what it resolves to. */
export interface ExperimentRequest {
  /** id of the cell that asked */
  cell: string;
  /** nth experiment() call of that cell, from 0 */
  index: number;
  title: string;
  /** untrusted: validated by `experiments/runs/spec/spec.ts` */
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

/** `--set TARGET=VALUE`: TARGET is `[experiment.]path`; `--set-arm`: `arm.path`. */
export interface Override {
  target: string;
  value: Json;
}
