import { armTable, comparisonTable, type Table } from "./tables.ts";
import { warningsOf } from "./document.ts";
import { fileStem } from "./file-names.ts";
import type { ExperimentResult } from "../results.ts";

/** Two booktabs tables per experiment: arms, comparisons. Needs only \usepackage{booktabs}, with any LaTeX since 2018. */
export function latexTables(experiment: ExperimentResult, stale: string | null = null): string {
  const label = (name: string): string => `tab:${labelText(experiment.id)}-${name}`;
  const notes = [...(stale === null ? [] : [`Stale: ${stale}`]), ...warningsOf(experiment)];
  return [
    latexTable(armTable(experiment), { label: label("arms"), notes }),
    latexTable(comparisonTable(experiment), { label: label("comparisons"), notes }),
  ].join("\n");
}

/** What every LaTeX takes within \label: letters of English, digits, dashes. Ids that differ have labels that differ. */
const labelText = (id: string): string => {
  const plain = id
    .normalize("NFD")
    .replace(/[^A-Za-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return fileStem(plain, { identity: id, exact: plain === id });
};

/** @param notes what a reader must know before using the numbers: they stand below the table, and move with it into a paper */
export function latexTable(
  { caption, columns, rows }: Table,
  { label, notes = [] }: { label?: string; notes?: readonly string[] } = {},
): string {
  const line = (cells: (string | number)[]) => `    ${cells.map((cell) => escapeLatex(String(cell))).join(" & ")} \\\\`;
  const units = columns.some((c) => c.unit);
  return `\\begin{table}
  \\centering\\small
  \\caption{${escapeLatex(caption)}}${label ? `\n  \\label{${label}}` : ""}
  \\begin{tabular}{${columns.map((c) => (c.align === "right" ? "r" : "l")).join("")}}
    \\toprule
${line(columns.map((c) => c.name))}
${units ? `${line(columns.map((c) => (c.unit ? `(${c.unit})` : "")))}\n` : ""}    \\midrule
${rows.map(line).join("\n")}
    \\bottomrule
  \\end{tabular}${notes.map((note) => `\n  \\par\\smallskip\\parbox{\\linewidth}{\\footnotesize ${escapeLatex(note)}}`).join("")}
\\end{table}
`;
}

/** What LaTeX would read as something else, or sets in another shape (ligatures of "--", "``" and the like). */
const special: Record<string, string> = {
  "\\": "\\textbackslash{}",
  "{": "\\{",
  "}": "\\}",
  "&": "\\&",
  "%": "\\%",
  $: "\\$",
  "#": "\\#",
  _: "\\_",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "$<$",
  ">": "$>$",
  "|": "$|$",
  '"': "{''}",
  "`": "{\\textasciigrave}",
  "'": "{'}",
  "-": "{-}",
  "[": "{[}",
  "]": "{]}",
  "*": "{*}",
  "−": "$-$",
  "±": "$\\pm$",
  "–": "--",
  "—": "---",
  "“": "``",
  "”": "''",
  "‘": "`",
  "’": "'",
  "„": ",,",
  "…": "\\ldots{}",
  "·": "$\\cdot$",
  "×": "$\\times$",
  "÷": "$\\div$",
  "∞": "$\\infty$",
  "≤": "$\\leq$",
  "≥": "$\\geq$",
  "≈": "$\\approx$",
  "≠": "$\\neq$",
  "→": "$\\to$",
  "←": "$\\leftarrow$",
  "°": "$^{\\circ}$",
  "²": "$^{2}$",
  "³": "$^{3}$",
  µ: "$\\mu$",
  "\u00a0": "~",
  "\u202f": "\\,",
  "\u2009": "\\,",
};

const greek: Record<string, string> = Object.fromEntries([
  ...[..."αβγδεζηθικλμνξπρστυφχψω"].map((letter, i) => [
    letter,
    `$\\${"alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon varphi chi psi omega".split(" ")[i]}$`,
  ]),
  ...[..."ΓΔΘΛΞΠΣΥΦΨΩ"].map((letter, i) => [letter, `$\\${"Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split(" ")[i]}$`]),
  ["ο", "o"],
  ["ς", "$\\varsigma$"],
]);

const superscripts: Record<string, string> = Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺"].map((sign, i) => [sign, `$^{${"0123456789-+"[i]}}$`]));

/** Accented letters that the default encodings of LaTeX set (T1's letters by way of OT1's accents). */
const latin = /^[À-ÖØ-öø-ÿĆ-ćČčĎďĚěŁłŃńŇňŐőŘřŚśŠšŤťŮůŰűŹźŻżŽž]$/u;

/** Text as LaTeX sets it. A character that pdfLaTeX has no glyph for is named by its code, so that the table still compiles. */
export function escapeLatex(text: string): string {
  return [...text.normalize("NFC").replace(/[\s\u0000-\u001f\u007f]*[\n\r\t\u0000-\u001f\u007f]+\s*/g, " ")]
    .map((c) => {
      const known = special[c] ?? greek[c] ?? superscripts[c];
      if (known !== undefined) return known;
      if (/^[\u0020-\u007e]$/.test(c) || latin.test(c)) return c;
      // in braces: a row that begins with a bracket would be the argument of the \\ before it
      return `{[}U+${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}{]}`;
    })
    .join("");
}
