/** A cell's drawing in a theme: `currentColor` is the theme's ink, its series colours are those of the theme. */
import { colours, themeOf } from "../theme.ts";
import { element } from "../svg.ts";
import type { DrawnSvg } from "./clean-svg.ts";

export interface ThemedOptions {
  /** draws the theme's ground first: for a picture that stands alone */
  ground: boolean;
}

/** @returns SVG without variables, for pages, files and renderers that know none */
export function themedSvg({ svg, width, height }: DrawnSvg, name: "light" | "dark", { ground }: ThemedOptions): string {
  const theme = colours[name];
  const values = variables(name);
  // Markup only: text may speak of variables. In our markup ">" inside a value is escaped.
  const coloured = svg.replace(/<style>[^<]*<\/style>|<[^>]*>/g, (markup) => (markup.includes("var(") ? resolve(markup, values) : markup));
  const end = coloured.indexOf(">") + 1;
  const start = coloured.slice(0, end);
  const own = / color="/.test(start) ? start : start.replace("<svg ", `<svg color="${theme.ink}" `);
  if (!ground) return own + coloured.slice(end);
  const [x, y, boxWidth, boxHeight] = / viewBox="([^"]*)"/
    .exec(start)?.[1]
    .split(/[\s,]+/)
    .map(Number) ?? [0, 0, width, height];
  return own + element("rect", { x, y, width: boxWidth, height: boxHeight, fill: theme.ground, stroke: "none" }) + coloured.slice(end);
}

/** CSS variable → colour, for those that figures use and the one that Plot sets. */
function variables(name: "light" | "dark"): Map<string, string> {
  const [auto, fixed] = [themeOf("auto"), themeOf(name)];
  const keys = ["ground", "ink", "inkSoft", "grid", "rule", "wash"] as const;
  const pairs = [
    ...keys.map((key): [string, string] => [auto[key], fixed[key]]),
    ...auto.series.map((colour, i): [string, string] => [colour, fixed.series[i]]),
  ];
  return new Map([
    ...pairs.map(([variable, colour]): [string, string] => [variable.slice(4, variable.indexOf(",")), colour]),
    ["--plot-background", fixed.ground],
  ]);
}

/** From the inside out, as a fallback may be a variable too; a variable without a value or fallback is ink. */
function resolve(markup: string, values: ReadonlyMap<string, string>): string {
  const innermost = /var\(\s*(--[\w-]+)\s*(?:,((?:[^()]|\((?:[^()]|\([^()]*\))*\))*?))?\)/;
  for (let found = innermost.exec(markup); found; found = innermost.exec(markup)) {
    const [whole, name, fallback] = found;
    markup =
      markup.slice(0, found.index) + (values.get(name) ?? (fallback?.trim() || "currentColor")) + markup.slice(found.index + whole.length);
  }
  return markup;
}
