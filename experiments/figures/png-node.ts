/** Node-only: the PNG renderer with its module and fonts read from the installed packages, or from the folder of a bundle. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { pngRenderer, type PngRenderer } from "./png.ts";

/** Latin and Greek in both weights; the extended Latin of names; arrows and signs alone, which take nothing else from a text. */
const fontFiles = [...["latin", "greek", "latin-ext"].flatMap((subset) => [400, 600].map((weight) => `@fontsource/inter/files/inter-${subset}-${weight}-normal.woff2`)), "@fontsource/noto-sans-symbols/files/noto-sans-symbols-symbols-400-normal.woff2"];

export async function nodePngRenderer(): Promise<PngRenderer> {
  const { resolve } = createRequire(import.meta.url);
  const fonts = await Promise.all(fontFiles.map((file) => readFile(resolve(file))));
  return pngRenderer(() => readFile(resolve("@resvg/resvg-wasm/index_bg.wasm")), fonts);
}
