/** How a file that Switchyard wrote is told from one that somebody else wrote. Files of versions that set no mark are known by what they hold. */
import { fontFamily } from "../figures/text.ts";
import { engineVersion } from "../runs/store/version.ts";

export const htmlMark = `<meta name="generator" content="Switchyard ${engineVersion}">`;
export const markdownMark = `<!-- Made by Switchyard ${engineVersion}: another export replaces this file. -->`;
/** after the end of a PDF, where every reader skips it */
export const pdfMark = "% Made by Switchyard\n";

/** @param text bytes as Latin-1: everything looked for is ASCII */
const kinds: Record<string, (text: string) => boolean> = {
  html: (text) =>
    text.startsWith("<!doctype html>") &&
    (text.includes('<meta name="generator" content="Switchyard ') ||
      text.includes("default-src 'none'; style-src 'unsafe-inline'; img-src data:")),
  md: (text) =>
    text.startsWith("# ") &&
    !text.includes("```ts {#") &&
    (text.includes("<!-- Made by Switchyard ") ||
      (text.includes("\n## How to repeat it\n") && text.includes("\n## What the metrics mean\n"))),
  pdf: (text) => text.startsWith("%PDF-") && text.endsWith(pdfMark),
  svg: (text) =>
    text.startsWith('<svg color="#') ||
    (text.startsWith("<svg ") && text.slice(0, text.indexOf(">")).includes(` font-family="${fontFamily}"`)) ||
    /^<svg [^>]* color="/.test(text),
  json: (text) => /^\s*\{\s*"schema":\s*"switchyard\./.test(text),
  safetensors: (text) => /"__metadata__":\{"format":"pt","(?:model|backend)":/.test(text),
};

/** @param name decides by its ending what is looked for; a kind that carries no mark is nobody's */
export function isOurs(name: string, bytes: Uint8Array): boolean {
  const ending = /\.([^./\\]+)$/.exec(name)?.[1].toLowerCase() ?? "";
  const kind = { htm: "html", markdown: "md" }[ending] ?? ending;
  return Object.hasOwn(kinds, kind) && kinds[kind](Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1"));
}
