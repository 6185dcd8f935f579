import type { Results } from "../results.ts";
import { comparisonDefinitions } from "../statistics/dictionary.ts";

/** The metric dictionary as rows: name, unit, which way is better, definition; then what is told of comparisons. */
export const definitionRows = ({ metrics }: Results): string[][] => [
  ...Object.entries(metrics).map(([name, { unit, better, definition }]) => [name, unit, better, definition]),
  ...Object.entries(comparisonDefinitions).map(([name, { unit, definition }]) => [name, unit, "neither", definition]),
];
