import { armTable, comparisonTable, type Table } from "./tables.ts";
import type { ExperimentResult } from "../results.ts";

/** Two booktabs tables per experiment: arms, comparisons. Needs only \\usepackage{booktabs}. */
export function latexTables(experiment: ExperimentResult): string {
  return [armTable(experiment), comparisonTable(experiment)].map(latexTable).join("\n");
}

export function latexTable({ caption, columns, rows }: Table): string {
  const line = (cells: (string | number)[]) => `    ${cells.map((cell) => escapeLatex(String(cell))).join(" & ")} \\\\`;
  return `\\begin{table}
  \\caption{${escapeLatex(caption)}}
  \\begin{tabular}{${columns.map((c) => (c.align === "right" ? "r" : "l")).join("")}}
    \\toprule
${line(columns.map((c) => (c.unit ? `${c.name} (${c.unit})` : c.name)))}
    \\midrule
${rows.map(line).join("\n")}
    \\bottomrule
  \\end{tabular}
\\end{table}
`;
}

const special: Record<string, string> = {
  "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "&": "\\&", "%": "\\%", $: "\\$", "#": "\\#", _: "\\_", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}",
  "−": "$-$", "±": "$\\pm$", "–": "--", "“": "``", "”": "''", "×": "$\\times$", "∞": "$\\infty$", "<": "$<$", ">": "$>$", "≥": "$\\geq$", "\u00a0": "~", "\u202f": "\\,",
};
export const escapeLatex = (text: string): string => text.replace(/[\\{}&%$#_~^−±–“”×∞<>≥\u00a0\u202f]/g, (c) => special[c]);
