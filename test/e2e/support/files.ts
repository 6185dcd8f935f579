/** What exported files hold, read by programs other than ours. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";

/** The text of an SVG as a browser's XML parser reads it. @throws Error when it does not parse */
export async function svgText(page: Page, svg: string): Promise<string> {
  return page.evaluate((source) => {
    const document = new DOMParser().parseFromString(source, "image/svg+xml");
    const problem = document.querySelector("parsererror");
    if (problem || document.documentElement.localName !== "svg")
      throw new Error(`no SVG: ${problem?.textContent ?? document.documentElement.localName}`);
    return document.documentElement.textContent ?? "";
  }, svg);
}

/** Pixels of a PNG as a browser decodes it. */
export async function pngSize(page: Page, png: Buffer): Promise<[width: number, height: number]> {
  return page.evaluate(async (data) => {
    const bitmap = await createImageBitmap(
      new Blob([Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))], { type: "image/png" }),
    );
    return [bitmap.width, bitmap.height] as [number, number];
  }, png.toString("base64"));
}

/** The text of a PDF, spaces and hyphenation at line ends taken out; null where there is no pdftotext. */
export function pdfText(pdf: Buffer): string | null {
  const folder = mkdtempSync(join(tmpdir(), "switchyard-pdf-"));
  try {
    writeFileSync(join(folder, "it.pdf"), pdf);
    const { status, stdout, stderr, error } = spawnSync("pdftotext", [join(folder, "it.pdf"), "-"], { encoding: "utf8" });
    if ((error as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return null;
    if (status !== 0) throw new Error(`pdftotext: ${stderr}`);
    return stdout.replace(/\s+/g, " ");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
