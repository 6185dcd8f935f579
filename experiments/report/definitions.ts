import type { Results } from "../results.ts";

/** The metric dictionary as rows: name, unit, which way is better, definition. */
export const definitionRows = ({ metrics }: Results): string[][] =>
  Object.entries(metrics).map(([name, { unit, better, definition }]) => [name, unit, better, definition]);
