import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { ReportDocument } from "../report/document.ts";
import { drawerOf } from "../report/folder.ts";
import { reportHtml, type Paper } from "../report/html.ts";
import { reportMarkdown } from "../report/markdown.ts";
import { nodeFileSystem, writeAtomic } from "../runs/filesystem.ts";
import { printPdf } from "./print-pdf.ts";

/** Where to write each form of a report; null: not asked for. */
export interface Exports {
  html: string | null;
  pdf: string | null;
  paper: Paper;
  /** a folder: report.md with its figures */
  md: string | null;
}

/** @returns the files that a reader would open */
export async function writeExports({ html, pdf, paper, md }: Exports, document: ReportDocument): Promise<string[]> {
  const draw = drawerOf(document);
  const written: string[] = [];
  if (html !== null) written.push(await write(resolve(html), reportHtml(document, draw)));
  if (pdf !== null) {
    await mkdir(dirname(resolve(pdf)), { recursive: true });
    await printPdf(reportHtml(document, draw, { theme: "light", paper }), pdf);
    written.push(resolve(pdf));
  }
  if (md !== null) {
    const { markdown, files } = reportMarkdown(document, draw);
    for (const [path, contents] of files) await write(join(resolve(md), path), contents);
    written.push(await write(join(resolve(md), "report.md"), markdown));
  }
  return written;
}

async function write(path: string, contents: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeAtomic(nodeFileSystem, path, contents);
  return path;
}
