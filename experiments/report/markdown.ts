import { describeMetric } from "../statistics/sentence.ts";
import { labelOf, type DrawnSvg } from "../figures/drawn/clean-svg.ts";
import { themedSvg } from "../figures/drawn/themed-svg.ts";
import type { FigureRequest } from "../request.ts";
import type { DisplayItem } from "../notebook/kernel/protocol.ts";
import type { ExperimentResult } from "../results.ts";
import { markdownText as inline } from "../text/markdown-text.ts";
import { oneLine } from "../text/one-line.ts";
import { appendixOf } from "./appendix.ts";
import { type DrawFigure, leadingFigures, type ReportDocument, warningsOf } from "./document.ts";
import { definitionRows } from "./definitions.ts";
import { namesOf } from "./files.ts";
import { markdownMark } from "./markers.ts";
import { escapeHtml } from "./markup.ts";
import { armTable, comparisonTable, type Table } from "./tables.ts";

/** A Markdown page and the SVG files it shows, which GitHub renders (light and dark by <picture>). Paths are relative to the page. */
export function reportMarkdown(
  document: ReportDocument,
  draw: DrawFigure,
  { onProblem }: { onProblem?: (text: string) => void } = {},
): { markdown: string; files: Map<string, string> } {
  const files = new Map<string, string>();
  const shown = new Set<string>();
  const names = namesOf(document);
  /** A sentence in place of what cannot be made. */
  const problem = (what: string, error: unknown): string => {
    const sentence = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    onProblem?.(sentence);
    return `> ${inline(sentence)}`;
  };
  const part = (what: string, make: () => string): string => {
    try {
      return make();
    } catch (error) {
      return problem(`${what} cannot be shown`, error);
    }
  };
  const figure = (request: FigureRequest): string => {
    try {
      const light = draw(request, { width: 720, theme: "light" });
      if (light.markdown !== undefined) return light.markdown;
      const name = names.figure(request);
      files.set(`figures/${name}.svg`, light.svg);
      files.set(`figures/${name}-dark.svg`, draw(request, { width: 720, theme: "dark" }).svg);
      return `${picture(name, light.alternative)}\n\n*${inline(light.title)}*`;
    } catch (error) {
      return problem(`Figure ${request.figure} cannot be drawn`, error);
    }
  };
  const drawing = (drawn: DrawnSvg): string => {
    const name = names.drawings.get(drawn)!;
    files.set(`figures/${name}.svg`, themedSvg(drawn, "light", { ground: true }));
    files.set(`figures/${name}-dark.svg`, themedSvg(drawn, "dark", { ground: true }));
    return picture(name, labelOf(drawn)) + (drawn.title ? `\n\n*${inline(drawn.title)}*` : "");
  };
  const experiment = (result: ExperimentResult): string => {
    shown.add(result.id);
    return [
      `## ${inline(result.title)}`,
      ...(result.question ? [`*${inline(result.question)}*`] : []),
      ...warningsOf(result).map((text) => `> **Note.** ${inline(text)}`),
      ...result.primary.map((metric) => inline(describeMetric(result, metric))),
      ...leadingFigures(result, document).map(figure),
      table(armTable(result)),
      table(comparisonTable(result)),
    ].join("\n\n");
  };
  const experimentPart = (result: ExperimentResult): string => part(`Experiment “${result.title}”`, () => experiment(result));
  const { results } = document;
  const display = (item: DisplayItem): string => {
    switch (item.kind) {
      case "experiment": {
        const result = results.experiments.find(({ id }) => id === item.id);
        return result && !shown.has(result.id) ? experimentPart(result) : "";
      }
      case "figure":
        return figure(item.request);
      case "svg":
        return drawing(item);
      case "table":
        return table({
          caption: "",
          columns: item.columns.map((name) => ({ name, align: "left" })),
          rows: item.rows.map((row) => row.map((value) => String(value ?? ""))),
        });
      case "text":
        return fence(item.text);
    }
  };
  const parts = document.blocks.flatMap((block): string[] => {
    if (block.kind === "prose") return [block.text];
    const notes = [
      block.stale ? `> What this cell shows is stale: ${inline(block.stale)}` : "",
      block.error ? `> Cell #${inline(block.id)}: ${inline(block.error.message)}` : "",
    ];
    const own = results.experiments.filter((result) => result.cell === block.id && !shown.has(result.id)).map(experimentPart);
    const displays = block.displays.map((item) => part(`Something that cell #${block.id} shows`, () => display(item)));
    return [...notes, ...own, ...displays].filter((text) => text !== "");
  });
  const rest = results.experiments.filter(({ id }) => !shown.has(id)).map(experimentPart);
  const appendix = results.experiments.map((result) =>
    part(`How to repeat “${result.title}”`, () => {
      const { facts, tables, config } = appendixOf(result, document);
      return [
        `### ${inline(result.title)}`,
        facts.map(([name, value]) => `- **${name}**: ${inline(value)}`).join("\n"),
        ...tables.map(table),
        fence(JSON.stringify(config, null, 2), "json"),
      ].join("\n\n");
    }),
  );
  const metrics = table({
    caption: "",
    columns: ["metric", "unit", "better", "definition"].map((name) => ({ name, align: "left" })),
    rows: definitionRows(results),
  });
  const markdown =
    [
      `# ${inline(document.title)}`,
      ...parts,
      ...rest,
      "## How to repeat it",
      ...appendix,
      "## What the metrics mean",
      metrics,
      markdownMark,
    ].join("\n\n") + "\n";
  return { markdown, files };
}

function table({ caption, columns, rows }: Table): string {
  if (rows.length === 0) return "";
  const line = (cells: (string | number)[]) => `| ${cells.map((cell) => inline(String(cell))).join(" | ")} |`;
  const lines = [
    line(columns.map((c) => (c.unit ? `${c.name} (${c.unit})` : c.name))),
    `|${columns.map((c) => (c.align === "right" ? "---:" : "---")).join("|")}|`,
    ...rows.map(line),
  ];
  return (caption ? `*${inline(caption)}*\n\n` : "") + lines.join("\n");
}

const picture = (name: string, alternative: string): string =>
  `<picture><source media="(prefers-color-scheme: dark)" srcset="figures/${name}-dark.svg"><img alt="${attribute(alternative)}" src="figures/${name}.svg"></picture>`;

const attribute = (text: string): string => escapeHtml(oneLine(text));

function fence(text: string, language = ""): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const marks = "`".repeat(longest + 1);
  return `${marks}${language}\n${text}\n${marks}`;
}
