/** What a cell can import from "switchyard"; `switchyard.d.ts` documents each, `sandbox-api.ts` implements each. */

/** Figure function in a cell → name of the figure in `experiments/figures/registry.ts`. */
export const figureFunctions: Record<string, string> = {
  curves: "curves",
  forest: "forest",
  tradeOff: "tradeOff",
  expertLoad: "expertLoad",
  loadOverTime: "loadOverTime",
  specialisation: "specialisation",
  mtpAcceptance: "mtpAcceptance",
  sweepFigure: "sweep",
  architecture: "architecture",
  comparisonTable: "comparisonTable",
  conclusion: "conclusion",
};

export const apiNames: readonly string[] = [
  "experiment",
  "mixture",
  "data",
  "sweep",
  "grid",
  "v3",
  "v3Schedule",
  "display",
  "table",
  "svg",
  ...Object.keys(figureFunctions),
];
