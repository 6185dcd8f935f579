import { oneLine } from "../text/one-line.ts";
import { fontFamily } from "../figures/text.ts";
import { themeVariables } from "../figures/theme.ts";

/** The report's look: a well-set paper, light or dark as the reader's device is, black on white in print. */
export const reportStyle = `
:root { ${themeVariables("light")} }
@media screen and (prefers-color-scheme: dark) { :root:not([data-theme=light]) { ${themeVariables("dark")} } }
:root { color-scheme: light dark; --paper: #fff; --ink: #1d2125; --muted: #5b6470; --line: #d9dde2; --wash: #f5f6f8; --warn: #8a3b00; --warn-wash: #fff4e8; --link: #0b5cad; }
@media screen and (prefers-color-scheme: dark) { :root:not([data-theme=light]) { --paper: #15181c; --ink: #e4e7ea; --muted: #9aa4af; --line: #343a41; --wash: #1d2126; --warn: #ffb877; --warn-wash: #35240f; --link: #7db8f5; } }
:root[data-theme=light] { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.6 ${fontFamily}; }
main { max-width: 50rem; margin: 0 auto; padding: 3rem 1.25rem 6rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 1rem; letter-spacing: -0.01em; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
a { color: var(--link); }
nav ol { margin: 0 0 2rem; padding: .75rem 1rem .75rem 2.2rem; background: var(--wash); border-radius: 6px; }
.question { font-style: italic; color: var(--muted); margin-top: -.25rem; }
.verdict { font-size: 1.02rem; }
.warning { background: var(--warn-wash); color: var(--warn); border-left: 3px solid currentColor; padding: .5rem .75rem; }
figure { margin: 1.75rem 0; }
figure svg, figure img { display: block; max-width: 100%; height: auto; }
figcaption { font-size: .85rem; color: var(--muted); margin-top: .5rem; }
.table { overflow-x: auto; margin: 1.5rem 0; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; min-width: 60%; }
caption { text-align: left; color: var(--muted); padding-bottom: .4rem; }
th { font-weight: 600; vertical-align: bottom; border-bottom: 1.5px solid var(--ink); }
th small { font-weight: 400; color: var(--muted); }
td { border-bottom: 1px solid var(--line); vertical-align: top; }
th, td { padding: .3rem .7rem .3rem 0; text-align: left; }
th.right, td.right, th.number, td.number { text-align: right; }
td.right, td.number { white-space: nowrap; }
tbody th { font-weight: 400; border-bottom: 1px solid var(--line); }
.unit { display: block; font-weight: 400; color: var(--muted); }
pre { background: var(--wash); padding: .75rem 1rem; overflow-x: auto; font-size: .8rem; line-height: 1.45; border-radius: 6px; }
code { font-family: "JetBrains Mono", ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
details.source { font-size: .85rem; color: var(--muted); margin: 1rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; font-size: .9rem; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
math { font-size: 1.05em; }
.said .paper { color: var(--muted); }
.said li { margin: .5rem 0; }
.said em { font-style: normal; font-weight: 600; }
@media print {
  main { max-width: none; padding: 0; }
  html { font-size: 10pt; }
  /* what scrolls on a screen has to fit a sheet */
  .table { overflow: visible; }
  table { font-size: 7.5pt; }
  th, td { padding-right: .45rem; }
  td.long { overflow-wrap: anywhere; min-width: 6em; }
  pre, code { overflow-wrap: anywhere; }
  pre { white-space: pre-wrap; font-size: 7.5pt; }
  thead { display: table-header-group; }
  caption { break-after: avoid; }
  figure, tr, li, dl, .warning, .verdict { break-inside: avoid; }
  figcaption { break-before: avoid; }
  /* two to a sheet */
  figure svg, figure img { max-width: 84%; }
  h1, h2, h3, summary, .question { break-after: avoid; }
  /* the sentence that announces a figure goes with it */
  p:has(+ .cell > figure) { break-after: avoid; }
  p { orphans: 3; widows: 3; }
  details.source { display: none; }
  summary { list-style: none; }
  a { color: inherit; }
}
`;

/** Margins, page numbers and the running title of a printed report. */
export function pageStyle(title: string, paper: string | undefined): string {
  const quoted = `"${oneLine(title).replace(/[\\"]/g, "\\$&").replaceAll("<", " ")}"`;
  const line = "font: 8pt sans-serif; color: #5b6470;";
  return `@page { ${paper ? `size: ${paper}; ` : ""}margin: 20mm 18mm; @bottom-left { content: ${quoted}; ${line} } @bottom-right { content: counter(page) " / " counter(pages); ${line} } }`;
}
