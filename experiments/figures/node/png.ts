/** Node-only: the PNG renderer with its module and fonts read from the installed packages, or from the folder of a bundle. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { FontFamily } from "../png-letters.ts";
import { pngRenderer, type PngRenderer } from "../png.ts";

/**
 * The figures' typeface whole, in both weights (Latin, Greek, Cyrillic, Vietnamese, superscripts, arrows, operators); then
 * Hebrew, Arabic, mathematics, signs and emoji in outline. Chinese, Japanese and Korean would be ten megabytes and more: a
 * report says which letters its pictures lack.
 */
const families: readonly (Omit<FontFamily, "files"> & { files: string[] })[] = [
  { name: "Inter", files: ["inter-ui/web/Inter-Regular.woff2", "inter-ui/web/Inter-SemiBold.woff2"] },
  // as this file calls itself
  {
    name: "Noto Sans Hebrew Thin",
    rightToLeft: true,
    files: ["@fontsource/noto-sans-hebrew/files/noto-sans-hebrew-hebrew-400-normal.woff2"],
  },
  { name: "Noto Sans Arabic", rightToLeft: true, files: ["@fontsource/noto-sans-arabic/files/noto-sans-arabic-arabic-400-normal.woff2"] },
  { name: "Noto Sans Math", files: ["@fontsource/noto-sans-math/files/noto-sans-math-latin-400-normal.woff2"] },
  { name: "Noto Sans Symbols", files: ["@fontsource/noto-sans-symbols/files/noto-sans-symbols-symbols-400-normal.woff2"] },
  { name: "Noto Emoji", files: ["@fontsource/noto-emoji/files/noto-emoji-emoji-400-normal.woff2"] },
];

export async function nodePngRenderer(): Promise<PngRenderer> {
  const { resolve } = createRequire(import.meta.url);
  const read = (file: string): Promise<Uint8Array> => readFile(resolve(file));
  const fonts = await Promise.all(families.map(async ({ files, ...family }) => ({ ...family, files: await Promise.all(files.map(read)) })));
  return pngRenderer(() => readFile(resolve("@resvg/resvg-wasm/index_bg.wasm")), fonts);
}
