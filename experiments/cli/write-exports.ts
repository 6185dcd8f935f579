import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { ReportDocument } from "../report/document.ts";
import { drawerOf } from "../report/folder.ts";
import { reportHtml, type Paper } from "../report/html.ts";
import { reportMarkdown } from "../report/markdown.ts";
import { nodeFileSystem, writeAtomic } from "../runs/store/node/filesystem.ts";
import { printPdf } from "./print-pdf.ts";
import { refuseOverwriting } from "./refuse-overwriting.ts";

/** Where to write each form of a report; null: not asked for. */
export interface Exports {
  /** the file that is read */
  notebook: string;
  html: string | null;
  pdf: string | null;
  paper: Paper;
  /** a folder: report.md with its figures */
  md: string | null;
  /** files in the way that are not ours are replaced */
  force: boolean;
}

export const exportsAsked = ({ html, pdf, md }: Exports): boolean => html !== null || pdf !== null || md !== null;

/** @returns the files that a reader would open */
export async function writeExports(
  { notebook, html, pdf, paper, md, force }: Exports,
  document: ReportDocument,
  onProblem: (text: string) => void,
): Promise<string[]> {
  const draw = drawerOf(document);
  const page = md === null ? null : reportMarkdown(document, draw, { onProblem });
  const pagePath = md === null ? null : join(resolve(md), "report.md");
  const figures = [...(page?.files ?? [])].map(([path, contents]) => ({ path: join(resolve(md!), path), contents }));
  const targets = [html, pdf, pagePath].filter((path) => path !== null).map((path) => resolve(path));
  await refuseOverwriting([...targets, ...figures.map(({ path }) => path)], { reading: [notebook], force });
  if (html !== null) await write(html, reportHtml(document, draw, { onProblem }));
  if (pdf !== null) {
    await mkdir(dirname(resolve(pdf)), { recursive: true });
    await printPdf(reportHtml(document, draw, { theme: "light", paper, onProblem }), pdf);
  }
  for (const { path, contents } of figures) await write(path, contents);
  if (page && pagePath !== null) await write(pagePath, page.markdown);
  return targets;
}

async function write(file: string, contents: string): Promise<void> {
  const path = resolve(file);
  await mkdir(dirname(path), { recursive: true });
  await writeAtomic(nodeFileSystem, path, contents);
}
