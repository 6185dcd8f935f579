/** Arms in rows: mean and spread of a few metrics, difference and verdict of the primary ones. As data, HTML and SVG. */
import * as v from "valibot";
import { own } from "../own-keys.ts";
import type { ArmResult, ExperimentResult } from "../results.ts";
import { metricTitle, metricUnit } from "../statistics/metrics.ts";
import { formatSigned, formatValue } from "../statistics/numbers.ts";
import { armStyles, mark } from "./arm-styles.ts";
import { csvTable, type CsvTable } from "./csv.ts";
import { chooseArms, countRuns } from "./experiment.ts";
import type { Block } from "./block.ts";
import { compose, innerWidth, type Figure, type FigureOptions } from "./figure.ts";
import { metricName } from "./options.ts";
import { escapeXml, group, line } from "./svg.ts";
import { elide, label, measure, wrap } from "./text.ts";
import { themeOf, type Theme } from "./theme.ts";

export const comparisonTableOptions = v.strictObject({
  /** null: the primary metrics, then balance and specialisation, then what multi-token prediction reports */
  metrics: v.optional(v.nullable(v.pipe(v.array(metricName), v.minLength(1))), null),
  arms: v.optional(v.nullable(v.array(v.string())), null),
});

export interface Table {
  /** name, and the unit or "" */
  columns: { name: string; unit: string; numeric: boolean }[];
  rows: { arm: string; cells: string[] }[];
}

/** "mean ± sd" per metric; for primary metrics also the difference to the baseline with its interval, and the verdict. */
export function tableOf(experiment: ExperimentResult, options: v.InferOutput<typeof comparisonTableOptions>): Table {
  const arms = chooseArms(experiment, options.arms);
  const metrics = options.metrics ?? defaultMetrics(experiment);
  const columns: Table["columns"] = [
    { name: "arm", unit: "", numeric: false },
    { name: "n", unit: "", numeric: true },
  ];
  for (const metric of metrics) {
    columns.push({ name: metricTitle(metric), unit: metricUnit(metric), numeric: true });
    if (experiment.primary.includes(metric))
      columns.push(
        { name: "difference [95 % interval]", unit: metricUnit(metric), numeric: true },
        { name: "verdict", unit: "", numeric: false },
      );
  }
  const rows = arms.map((arm) => ({
    arm: arm.name,
    cells: [arm.name, countText(arm), ...metrics.flatMap((metric) => cells(experiment, arm, metric))],
  }));
  return { columns, rows };
}

function cells(experiment: ExperimentResult, arm: ArmResult, metric: string): string[] {
  const mean = own(arm.mean, metric) ?? NaN;
  const sd = own(arm.sd, metric) ?? NaN;
  const value = Number.isFinite(mean) ? (sd > 0 ? `${formatValue(mean, sd)} ± ${formatValue(sd, sd)}` : formatValue(mean)) : "n/a";
  if (!experiment.primary.includes(metric)) return [value];
  if (arm.name === experiment.baseline) return [value, "", "baseline"];
  const found = experiment.comparisons.find((c) => c.metric === metric && c.arm === arm.name);
  if (found?.measuredDifferently !== undefined) return [value, "", found.verdict];
  if (!found || found.n === 0) return [value, "", found ? "no pair" : ""];
  const half = found.ci95 ? (found.ci95[1] - found.ci95[0]) / 2 : NaN;
  const interval = found.ci95 ? ` [${formatSigned(found.ci95[0], half)}, ${formatSigned(found.ci95[1], half)}]` : "";
  return [value, formatSigned(found.difference, half) + interval, found.verdict];
}

function countText(arm: ArmResult): string {
  return arm.n === arm.runs.length ? String(arm.n) : `${arm.n} of ${arm.runs.length}`;
}

function defaultMetrics(experiment: ExperimentResult): string[] {
  const known = new Set(experiment.arms.flatMap((arm) => Object.keys(arm.mean)));
  const others = ["valLoss", "maxVioGlobal", "specialisation", "agreement.1", "acceptance.1"].filter((metric) => known.has(metric));
  return [...new Set([...experiment.primary, ...others])];
}

export function comparisonTable(
  experiment: ExperimentResult,
  options: v.InferOutput<typeof comparisonTableOptions>,
  frame: FigureOptions,
): Figure {
  const theme = themeOf(frame.theme);
  const table = tableOf(experiment, options);
  const arms = chooseArms(experiment, options.arms);
  return compose(
    {
      title: `Comparison with “${experiment.baseline}”`,
      alternative: table.rows
        .map((row) =>
          row.cells
            .map((text, i) => (i === 0 ? text : text && `${table.columns[i].name} ${text}`))
            .filter(Boolean)
            .join(", "),
        )
        .join(". "),
      data: () => dataOf(experiment, options),
      blocks: [drawTable(table, experiment, innerWidth(frame), theme)],
      notes: ["Mean ± standard deviation over seeds.", ...countRuns(arms)],
      html: tableHtml(table),
    },
    frame,
  );
}

/** The same as numbers in full, one a cell: what stands as "mean ± sd" and "difference [low, high]" in the picture. */
function dataOf(experiment: ExperimentResult, options: v.InferOutput<typeof comparisonTableOptions>): CsvTable {
  const metrics = options.metrics ?? defaultMetrics(experiment);
  const tested = (metric: string) => experiment.primary.includes(metric);
  return csvTable(
    [
      "arm",
      "n",
      "runs",
      ...metrics.flatMap((metric) => [
        `${metric}.mean`,
        `${metric}.sd`,
        ...(tested(metric) ? differenceColumns.map((name) => `${metric}.${name}`) : []),
      ]),
    ],
    chooseArms(experiment, options.arms).map((arm) => [
      arm.name,
      arm.n,
      arm.runs.length,
      ...metrics.flatMap((metric) => {
        const found = experiment.comparisons.find((c) => c.metric === metric && c.arm === arm.name);
        const half = found?.ci95 ? (found.ci95[1] - found.ci95[0]) / 2 : null;
        const difference = [
          found?.difference,
          half,
          found?.ci95?.[0],
          found?.ci95?.[1],
          arm.name === experiment.baseline ? "baseline" : found?.verdict,
        ];
        return [arm.n > 0 ? arm.mean[metric] : null, arm.n > 1 ? arm.sd[metric] : null, ...(tested(metric) ? difference : [])];
      }),
    ]),
  );
}

const differenceColumns = ["difference", "halfWidth95", "low95", "high95", "verdict"];

/** An HTML table; names and numbers are escaped. */
function tableHtml({ columns, rows }: Table): string {
  const head = columns.map(
    ({ name, unit, numeric }) =>
      `<th scope="col"${numeric ? ' class="number"' : ""}>${escapeXml(name)}${unit ? ` <span class="unit">${escapeXml(unit)}</span>` : ""}</th>`,
  );
  const body = rows.map(({ cells }) => {
    const [name, ...rest] = cells;
    return `<tr><th scope="row">${escapeXml(name)}</th>${rest.map((text, i) => `<td${columns[i + 1].numeric ? ' class="number"' : ""}>${escapeXml(text)}</td>`).join("")}</tr>`;
  });
  return `<table><thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`;
}

const size = 11.5;
const lineHeight = 15;

const between = 14;

/**
 * Columns as wide as their widest text. Those that do not fit beside each other go into a second table below, and where one
 * does not fit beside the arms' names, a block of "name: value" lines per arm takes their place.
 */
function drawTable(table: Table, experiment: ExperimentResult, width: number, theme: Theme): Block {
  const heads = table.columns.map(({ name }) => wrap(name, 92, { size, weight: 600 }, 3));
  const wide = table.columns.map((column, i) => {
    const cellsWide = Math.max(0, ...table.rows.map((row) => measure(row.cells[i], { size })));
    const headWide = Math.max(...heads[i].map((text) => measure(text, { size, weight: 600 })), measure(column.unit, { size: 10.5 }));
    return Math.max(i === 0 ? Math.min(cellsWide + 18, 190) : cellsWide, headWide);
  });
  const tables: number[][] = [];
  let used = Infinity;
  for (let i = 1; i < wide.length; i++) {
    if (used + between + wide[i] > width) {
      tables.push([0]);
      used = wide[0];
    }
    tables.at(-1)!.push(i);
    used += between + wide[i];
    if (used > width) return drawStacked(table, experiment, width, theme);
  }
  const parts: string[] = [];
  let y = 0;
  for (const columns of tables) {
    const { markup, height } = drawColumns(
      table,
      columns.map((index) => ({ index, head: heads[index], wide: wide[index] })),
      experiment,
      width,
      theme,
    );
    parts.push(group(0, y, markup));
    y += height + 12;
  }
  return { markup: parts.join(""), height: Math.max(0, y - 12) };
}

interface Column {
  /** in the table */
  index: number;
  head: string[];
  /** pixels */
  wide: number;
}

function drawColumns(table: Table, columns: readonly Column[], experiment: ExperimentResult, width: number, theme: Theme): Block {
  const total = columns.reduce((sum, { wide }) => sum + wide, between * (columns.length - 1));
  const spare = Math.min(24, (width - total) / Math.max(1, columns.length - 1));
  const styles = armStyles(experiment.arms);
  const headLines = Math.max(...columns.map(({ head }) => head.length));
  const top = headLines * lineHeight + 16;
  const names = table.rows.map((row) => wrap(row.arm, columns[0].wide - 18, { size }, 2));
  const rowHeights = names.map((lines) => Math.max(1, lines.length) * lineHeight + 9);
  const height = top + rowHeights.reduce((a, b) => a + b, 0);
  const used = total + spare * (columns.length - 1);
  const parts = [line(0, top - 4, used, top - 4, theme.rule), line(0, height, used, height, theme.rule)];
  let x = 0;
  for (const { index, head, wide } of columns) {
    const { unit, numeric } = table.columns[index];
    const [at, anchor] = numeric ? ([x + wide, "end"] as const) : ([x, "start"] as const);
    head.forEach((text, k) =>
      parts.push(label(text, at, 11 + (headLines - head.length + k) * lineHeight, { size, weight: 600, fill: theme.ink, anchor })),
    );
    if (unit) parts.push(label(unit, at, 11 + headLines * lineHeight - 1, { size: 10.5, fill: theme.inkSoft, anchor }));
    let y = top;
    table.rows.forEach((row, r) => {
      const lines = index === 0 ? names[r] : [row.cells[index]];
      lines.forEach((text, k) =>
        parts.push(
          label(text, index === 0 ? x + 18 : at, y + 14 + k * lineHeight, {
            size,
            fill: theme.ink,
            anchor: index === 0 ? "start" : anchor,
            title: index === 0 ? row.arm : undefined,
          }),
        ),
      );
      if (index === 0) parts.push(mark(styles.get(row.arm)!, theme, 6, y + 10, 40));
      y += rowHeights[r];
    });
    x += wide + between + spare;
  }
  return { markup: parts.join(""), height: height + 4 };
}

function drawStacked(table: Table, experiment: ExperimentResult, width: number, theme: Theme): Block {
  const styles = armStyles(experiment.arms);
  const parts: string[] = [];
  let y = 0;
  for (const row of table.rows) {
    parts.push(line(0, y, width, y, theme.grid), mark(styles.get(row.arm)!, theme, 6, y + 14, 40));
    parts.push(
      label(elide(row.arm, width - 18, { size: 12, weight: 600 }), 18, y + 18, { size: 12, weight: 600, fill: theme.ink, title: row.arm }),
    );
    y += 26;
    table.columns.forEach(({ name, unit }, i) => {
      if (i === 0 || !row.cells[i]) return;
      const full = unit ? `${name} (${unit})` : name;
      const value = row.cells[i];
      const beside = measure(full, { size }) + measure(value, { size }) + 12 <= width - 18;
      parts.push(label(elide(full, width - 18, { size }), 18, y + 12, { size, fill: theme.inkSoft, title: full }));
      // a number is never cut: where it does not fit beside its name, it has its own line
      if (!beside) y += lineHeight;
      parts.push(label(elide(value, width - 18, { size }), width, y + 12, { size, fill: theme.ink, anchor: "end", title: value }));
      y += 17;
    });
    y += 6;
  }
  return { markup: parts.join(""), height: y };
}
