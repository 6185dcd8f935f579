/** What every figure is: a title, a legend, blocks below each other, notes. */
import { formatCount, formatValue } from "../statistics/numbers.ts";
import { csvText, stackedTable, type CsvTable } from "./csv.ts";
import { element, escapeXml, group } from "./svg.ts";
import type { Block, LegendEntry, PlotArea } from "./block.ts";
import { legend, type LegendItem } from "./legend.ts";
import { fontFamily, label, wrap } from "./text.ts";
import { themeOf, type Theme, type ThemeName } from "./theme.ts";

export interface FigureOptions {
  /** pixels */
  width: number;
  theme: ThemeName;
  view?: View;
}

/**
 * What a reader has made of a figure. It changes what is drawn, and a note says so; data and text alternative stay those of
 * the whole figure.
 */
export interface View {
  /** names of arms that are not drawn; the legend still has them */
  hidden: readonly string[];
  /** the part of an x axis that is drawn; axes of other names stay whole */
  zoom: { axis: string; from: number; to: number } | null;
}

export interface Figure {
  /** self-contained: no styles, scripts or fonts from elsewhere */
  svg: string;
  width: number;
  height: number;
  title: string;
  /** what the figure shows, in words, for those who do not see it */
  alternative: string;
  /** the data that is drawn */
  data: CsvTable;
  /** the same as text */
  csv: string;
  areas: PlotArea[];
  /** where the arms' entries lie, in the order drawn: a click on one is about its arm */
  legend: LegendEntry[];
  /** the same as an HTML fragment, where it is a table or text */
  html?: string;
  /** the same as Markdown, where it is text: a report sets it as its own, without a number and a caption */
  markdown?: string;
}

export interface Composition {
  title: string;
  alternative: string;
  data(): CsvTable;
  legend?: LegendItem[];
  blocks: Block[];
  /** how to read it, n, what is left out */
  notes?: string[];
  html?: string;
  markdown?: string;
}

export const fontSize = { title: 15, panel: 12.5, text: 12, small: 11 };
const margin = 12;
const smallestWidth = 320;

/** Width inside the margins. */
export function innerWidth({ width }: FigureOptions): number {
  return Math.max(smallestWidth, width) - 2 * margin;
}

export function compose(composition: Composition, options: FigureOptions): Figure {
  const theme = themeOf(options.theme);
  const width = Math.max(smallestWidth, options.width);
  const inner = width - 2 * margin;
  const parts: string[] = [];
  const areas: PlotArea[] = [];
  const entries: LegendEntry[] = [];
  let y = margin;

  for (const text of wrap(composition.title, inner, { size: fontSize.title, weight: 600 }, 3)) {
    parts.push(label(text, margin, y + 13, { size: fontSize.title, weight: 600, fill: theme.ink }));
    y += 20;
  }
  y += 4;
  const blocks = composition.legend?.length
    ? [legend(composition.legend, options.view?.hidden ?? [], inner, theme), ...composition.blocks]
    : composition.blocks;
  for (const block of blocks) {
    parts.push(group(margin, y, block.markup));
    for (const area of block.areas ?? []) areas.push({ ...area, x: area.x + margin, y: area.y + y });
    for (const entry of block.entries ?? []) entries.push({ ...entry, x: entry.x + margin, y: entry.y + y });
    y += block.height + 8;
  }
  for (const note of [...(composition.notes ?? []), ...viewNotes(entries, areas, options.view)]) {
    for (const text of wrap(note, inner, { size: fontSize.small })) {
      parts.push(label(text, margin, y + 10, { size: fontSize.small, fill: theme.inkSoft }));
      y += 15;
    }
  }
  return figureOf(composition, parts, { areas, legend: entries }, { width, height: Math.ceil(y + margin - 4) }, theme);
}

/** A figure that leaves its window says what is not in it. */
function viewNotes(entries: readonly LegendEntry[], areas: readonly PlotArea[], view: View | undefined): string[] {
  const hidden = entries.filter((entry) => entry.hidden).map(({ arm }) => `“${arm}”`);
  const { zoom } = view ?? {};
  const cut = areas.find(({ xScale }) => xScale.name === zoom?.axis);
  const [from, to] = cut && zoom ? [zoom.from, zoom.to].map((end) => formatPlace(cut.xScale, end, (zoom.to - zoom.from) / 10)) : [];
  return [
    ...(hidden.length ? [`Hidden: ${hidden.join(", ")}.`] : []),
    ...(cut ? [`A part of the axis: ${cut.xScale.name} from ${from} to ${to}.`] : []),
  ];
}

/** A place on an x axis, with the digits that `step` deserves. */
export function formatPlace({ whole }: PlotArea["xScale"], value: number, step: number): string {
  return whole ? formatCount(Math.round(value)) : formatValue(value, step);
}

/** Figures below each other as one, for a request about several experiments, which are named by their ids. */
export function stack(figures: readonly Figure[], experiments: readonly string[], options: FigureOptions): Figure {
  if (figures.length === 1) return figures[0];
  const parts: string[] = [];
  const areas: PlotArea[] = [];
  const legend: LegendEntry[] = [];
  let y = 0;
  for (const figure of figures) {
    parts.push(figure.svg.replace("<svg ", `<svg y="${y}" `));
    for (const area of figure.areas) areas.push({ ...area, y: area.y + y });
    for (const entry of figure.legend) legend.push({ ...entry, y: entry.y + y });
    y += figure.height;
  }
  const composition = {
    title: [...new Set(figures.map(({ title }) => title))].join("; "),
    alternative: figures.map(({ title, alternative }) => `${title}. ${alternative}`).join(" "),
    data: () => stackedTable(figures.map(({ data }, i) => ({ experiment: experiments[i], table: data }))),
    ...(figures.every(({ html }) => html !== undefined) && { html: figures.map(({ html }) => html).join("") }),
    ...(figures.every(({ markdown }) => markdown !== undefined) && { markdown: figures.map(({ markdown }) => markdown).join("\n\n") }),
  };
  return figureOf(composition, parts, { areas, legend }, { width: figures[0].width, height: y }, themeOf(options.theme));
}

function figureOf(
  composition: Pick<Composition, "title" | "alternative" | "data" | "html" | "markdown">,
  parts: readonly string[],
  places: Pick<Figure, "areas" | "legend">,
  size: { width: number; height: number },
  theme: Theme,
): Figure {
  const { title, alternative } = composition;
  const svg = element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      ...size,
      viewBox: `0 0 ${size.width} ${size.height}`,
      role: "img",
      "aria-label": `${title}. ${alternative}`,
      "font-family": fontFamily,
      // advances as the typeface has them, not rounded to pixels: texts were measured so
      "text-rendering": "geometricPrecision",
    },
    [
      element("title", {}, escapeXml(title)),
      element("desc", {}, escapeXml(alternative)),
      theme.name === "auto" ? "" : element("rect", { width: size.width, height: size.height, fill: theme.ground }),
      ...parts,
    ],
  );
  return {
    svg,
    ...size,
    title,
    alternative,
    // a live curve is redrawn ten times a second and exported once
    get data() {
      return composition.data();
    },
    get csv() {
      return csvText(composition.data());
    },
    ...places,
    ...(composition.html !== undefined && { html: composition.html }),
    ...(composition.markdown !== undefined && { markdown: composition.markdown }),
  };
}

/** A block that says why there is nothing to draw. */
export function emptyBlock(text: string, width: number, theme: Theme): Block {
  const lines = wrap(text, width - 24, { size: fontSize.text });
  const height = 32 + 18 * lines.length;
  const ground = element("rect", { width, height, rx: 4, fill: theme.wash });
  const words = lines.map((line, i) => label(line, width / 2, 28 + 18 * i, { size: fontSize.text, fill: theme.inkSoft, anchor: "middle" }));
  return { markup: ground + words.join(""), height };
}

/** Blocks side by side, or below each other where they would be narrower than `least`. */
export function sideBySide(count: number, width: number, least: number, draw: (index: number, width: number) => Block): Block {
  const gap = 20;
  const columns = Math.max(1, Math.min(count, Math.floor((width + gap) / (least + gap))));
  const each = (width - gap * (columns - 1)) / columns;
  const parts: string[] = [];
  const areas: PlotArea[] = [];
  let y = 0;
  for (let start = 0; start < count; start += columns) {
    let tallest = 0;
    for (let i = start; i < Math.min(count, start + columns); i++) {
      const x = (i - start) * (each + gap);
      const block = draw(i, each);
      parts.push(group(x, y, block.markup));
      for (const area of block.areas ?? []) areas.push({ ...area, x: area.x + x, y: area.y + y });
      tallest = Math.max(tallest, block.height);
    }
    y += tallest + 10;
  }
  return { markup: parts.join(""), height: Math.max(0, y - 10), areas };
}
