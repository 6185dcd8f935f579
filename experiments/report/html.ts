import { definitionRows } from "./definitions.ts";
import { appendixOf } from "./appendix.ts";
import { describeMetric } from "../statistics/sentence.ts";
import { labelOf, type DrawnSvg } from "../figures/drawn/clean-svg.ts";
import { themedSvg } from "../figures/drawn/themed-svg.ts";
import type { FigureRequest } from "../request.ts";
import type { DisplayItem } from "../notebook/kernel/protocol.ts";
import type { ExperimentResult } from "../results.ts";
import { type DrawFigure, leadingFigures, type ReportDocument, warningsOf } from "./document.ts";
import { htmlMark } from "./markers.ts";
import { escapeHtml } from "./markup.ts";
import { proseToHtml } from "./prose.ts";
import { pageStyle, reportStyle } from "./style.ts";
import { armTable, comparisonTable, type Table } from "./tables.ts";

const figureWidth = 720;

export interface HtmlOptions {
  /** the page has one theme and no scripts of the reader's device decide (printing) */
  theme?: "light";
  /** the page is for printing on this, with everything unfolded */
  paper?: Paper;
  /** hears of everything that could not be made; a sentence stands in its place */
  onProblem?: (text: string) => void;
}

export type Paper = "A4" | "Letter";

/** One self-contained page: no scripts, no network, figures as inline SVG in both themes, MathML formulas. */
export function reportHtml(document: ReportDocument, draw: DrawFigure, options: HtmlOptions = {}): string {
  const page = new Page(document, draw, options);
  const body = page.body();
  return `<!doctype html>
<html lang="en"${options.theme ? ` data-theme="${options.theme}"` : ""}>
<head>
<meta charset="utf-8">
${htmlMark}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escapeHtml(document.title)}</title>
<style>${reportStyle}${pageStyle(document.title, options.paper)}</style>
</head>
<body>
<main>
<h1>${escapeHtml(document.title)}</h1>
${page.contents()}
${body}
</main>
</body>
</html>
`;
}

class Page {
  private readonly document: ReportDocument;
  private readonly draw: DrawFigure;
  private readonly options: HtmlOptions;
  private readonly shown = new Set<string>();
  /** what the table of contents leads to, in reading order */
  private readonly entries: { id: string; title: string }[] = [];
  private figures = 0;
  private tables = 0;
  private headings = 0;

  constructor(document: ReportDocument, draw: DrawFigure, options: HtmlOptions) {
    this.document = document;
    this.draw = draw;
    this.options = options;
  }

  /** The notebook's own headings and its experiments; made after the body, which finds them. */
  contents(): string {
    return `<nav aria-label="Contents"><ol>${this.entries.map(({ id, title }) => `<li><a href="#${escapeHtml(id)}">${escapeHtml(title)}</a></li>`).join("")}</ol></nav>`;
  }

  private enter(id: string, title: string): string {
    this.entries.push({ id, title });
    return id;
  }

  /** One part of the page, or a sentence that says why it is not there: nothing else of the page is lost with it. */
  private part(what: string, make: () => string): string {
    try {
      return make();
    } catch (error) {
      const sentence = `${what} cannot be shown: ${error instanceof Error ? error.message : String(error)}`;
      this.options.onProblem?.(sentence);
      return `<p class="warning">${escapeHtml(sentence)}</p>`;
    }
  }

  private prose(text: string): string {
    const { onProblem } = this.options;
    return proseToHtml(text, {
      math: "mathml",
      onProblem,
      headingId: (title, level) =>
        level <= 2 ? this.enter(`section-${this.entries.length + 1}`, title) : `heading-${(this.headings += 1)}`,
    });
  }

  body(): string {
    const { blocks, results } = this.document;
    const parts = blocks.map((block) =>
      block.kind === "prose" ? this.part("A text of the notebook", () => this.prose(block.text)) : this.cell(block),
    );
    // An experiment whose cell shows nothing of it still has its result told.
    for (const experiment of results.experiments) if (!this.shown.has(experiment.id)) parts.push(this.experimentPart(experiment));
    return parts.join("\n") + this.appendix() + this.metrics();
  }

  private cell(block: Extract<ReportDocument["blocks"][number], { kind: "cell" }>): string {
    const source = `<details class="source"><summary>Cell <code>#${escapeHtml(block.id)}</code></summary><pre><code>${escapeHtml(block.source)}</code></pre></details>`;
    const error = block.error
      ? `<p class="warning">Cell #${escapeHtml(block.id)}${block.error.line ? `, line ${block.error.line}` : ""}: ${escapeHtml(block.error.message)}</p>`
      : "";
    const stale = block.stale ? `<p class="warning">What this cell shows is stale: ${escapeHtml(block.stale)}</p>` : "";
    // an experiment is told where it is asked for, whether the cell shows it or not
    const own = this.document.results.experiments.filter((experiment) => experiment.cell === block.id && !this.shown.has(experiment.id));
    const shown = [
      ...own.map((experiment) => this.experimentPart(experiment)),
      ...block.displays.map((item) => this.part(`Something that cell #${block.id} shows`, () => this.display(item))),
    ];
    return `<section class="cell">${source}${stale}${error}${shown.join("\n")}</section>`;
  }

  private experimentPart(experiment: ExperimentResult): string {
    return this.part(`Experiment “${experiment.title}”`, () => this.experiment(experiment));
  }

  private display(item: DisplayItem): string {
    switch (item.kind) {
      case "experiment": {
        const experiment = this.document.results.experiments.find(({ id }) => id === item.id);
        return experiment && !this.shown.has(experiment.id) ? this.experiment(experiment) : "";
      }
      case "figure":
        return this.figure(item.request);
      case "svg":
        return this.drawing(item);
      case "table":
        return this.table({
          caption: "",
          columns: item.columns.map((name, n) => ({ name, align: typeof item.rows[0]?.[n] === "number" ? "right" : "left" })),
          rows: item.rows.map((row) => row.map((value) => (value === null ? "" : String(value)))),
        });
      case "text":
        return `<pre class="text">${escapeHtml(item.text)}</pre>`;
    }
  }

  private experiment(experiment: ExperimentResult): string {
    this.shown.add(experiment.id);
    const warnings = warningsOf(experiment).map((text) => `<p class="warning">${escapeHtml(text)}</p>`);
    // runs that did not finish are among the warnings
    const words = experiment.primary.map((metric) => `<p class="verdict">${escapeHtml(describeMetric(experiment, metric))}</p>`);
    return `<section class="experiment" id="${escapeHtml(this.enter(`result-${experiment.id}`, experiment.title))}">
<h2>${escapeHtml(experiment.title)}</h2>
${experiment.question ? `<p class="question">${escapeHtml(experiment.question)}</p>` : ""}
${warnings.join("\n")}
${words.join("\n")}
${leadingFigures(experiment, this.document)
  .map((request) => this.figure(request))
  .join("\n")}
${this.table(armTable(experiment))}
${this.table(comparisonTable(experiment))}
</section>`;
  }

  /** Drawn with the page's own colours, so that it follows the reader's theme; print is light. */
  private figure(request: FigureRequest): string {
    try {
      // the text alternative is the SVG's own label: a caption with every number again would bury the page
      const { svg, title, html, markdown } = this.draw(request, { width: figureWidth, theme: this.options.theme ?? "auto" });
      if (markdown !== undefined) return `<div class="said">${html}</div>`;
      return `<figure>${html ? `<div class="table">${html}</div>` : svg}<figcaption><b>Figure ${++this.figures}.</b> ${escapeHtml(title)}</figcaption></figure>`;
    } catch (error) {
      const sentence = `Figure ${request.figure} cannot be drawn: ${error instanceof Error ? error.message : String(error)}`;
      this.options.onProblem?.(sentence);
      return `<p class="warning">${escapeHtml(sentence)}</p>`;
    }
  }

  /** As an image: nothing in it reaches the page. One per theme, as an image does not see the page's colours. */
  private drawing(drawn: DrawnSvg): string {
    const source = (theme: "light" | "dark") => `data:image/svg+xml,${encodeURIComponent(themedSvg(drawn, theme, { ground: false }))}`;
    const dark =
      this.options.theme === "light" ? "" : `<source media="screen and (prefers-color-scheme: dark)" srcset="${source("dark")}">`;
    const image = `<img alt="${escapeHtml(labelOf(drawn))}" width="${drawn.width}" height="${drawn.height}" src="${source("light")}">`;
    return `<figure><picture>${dark}${image}</picture><figcaption><b>Figure ${++this.figures}.</b> ${escapeHtml(drawn.title)}</figcaption></figure>`;
  }

  private table({ caption, columns, rows }: Table): string {
    if (rows.length === 0) return "";
    const head = columns
      .map(
        (c) => `<th scope="col" class="${c.align}">${escapeHtml(c.name)}${c.unit ? `<br><small>${escapeHtml(c.unit)}</small>` : ""}</th>`,
      )
      .join("");
    const lines = rows.map(
      (row) =>
        `<tr>${row.map((value, n) => `<td class="${columns[n].align}${columns[n].long ? " long" : ""}">${escapeHtml(value)}</td>`).join("")}</tr>`,
    );
    return `<div class="table"><table>${caption ? `<caption><b>Table ${++this.tables}.</b> ${escapeHtml(caption)}</caption>` : ""}<thead><tr>${head}</tr></thead><tbody>${lines.join("\n")}</tbody></table></div>`;
  }

  private appendix(): string {
    const { results } = this.document;
    const sections = results.experiments.map((experiment) =>
      this.part(`How to repeat “${experiment.title}”`, () => {
        const { facts, tables, config } = appendixOf(experiment, this.document);
        return `<h3>${escapeHtml(experiment.title)}</h3>
<dl>${facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join("")}</dl>
${tables.map((table) => this.table(table)).join("\n")}
<details${this.options.paper ? " open" : ""}><summary>Full configuration of the baseline</summary><pre><code>${escapeHtml(JSON.stringify(config, null, 2))}</code></pre></details>`;
      }),
    );
    return `<section id="${this.enter("appendix", "How to repeat it")}"><h2>How to repeat it</h2>${sections.join("\n")}</section>`;
  }

  private metrics(): string {
    const rows = definitionRows(this.document.results);
    return `<section id="${this.enter("metrics", "What the metrics mean")}"><h2>What the metrics mean</h2>${this.table({ caption: "", columns: ["metric", "unit", "better", "definition"].map((name) => ({ name, align: "left" })), rows })}</section>`;
  }
}
