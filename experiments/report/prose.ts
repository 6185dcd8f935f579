import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { type InlineMath, mathFromMarkdown } from "mdast-util-math";
import { toHast } from "mdast-util-to-hast";
import { toHtml } from "hast-util-to-html";
import { defaultSchema, type Schema, sanitize } from "hast-util-sanitize";
import type { Element, Nodes, Root, Text } from "hast";
import { gfm } from "micromark-extension-gfm";
import { dollarMath } from "./dollar-math.ts";
import { visit } from "unist-util-visit";
import katex from "katex";

/** Raw HTML in Markdown is dropped by mdast-util-to-hast; what is left is held against this list besides. */
const schema: Schema = { ...defaultSchema, clobberPrefix: "note-", attributes: { ...defaultSchema.attributes, code: [["className", /^language-[\w-]+$/, "math-inline", "math-display"]] } };

export interface ProseOptions {
  /** `mathml` needs no style sheet (reports); `html` is KaTeX's own layout (the app, with KaTeX's style sheet and fonts) */
  math: "mathml" | "html";
  /** hears of a formula that cannot be set; its text stands in its place, and says so */
  onProblem?: (text: string) => void;
  /** hears of every heading and says by what id a link reaches it */
  headingId?: (text: string, level: number) => string;
}

/** Markdown (GitHub's flavour, $math$ by Pandoc's rule) → sanitised HTML. The text may come from anyone: no scripts, handlers, styles or data URLs survive. */
export function proseToHtml(markdown: string, options: ProseOptions): string {
  const tree = fromMarkdown(markdown, { extensions: [gfm(), dollarMath()], mdastExtensions: [gfmFromMarkdown(), mathFromMarkdown()] });
  // `$$…$$` within one line is displayed too, as on GitHub.
  visit(tree, "inlineMath", (node: InlineMath) => {
    const start = node.position?.start.offset ?? 0;
    if (markdown.startsWith("$$", start)) node.data = { ...node.data, hProperties: { className: ["language-math", "math-display"] } } as never;
  });
  const safe = sanitize(toHast(tree), schema) as Root;
  const { headingId } = options;
  if (headingId) visit(safe, "element", (node: Element) => {
    if (/^h[1-6]$/.test(node.tagName)) node.properties.id = headingId(toText(node), Number(node.tagName[1]));
  });
  typesetMath(safe, options);
  return toHtml(safe as Nodes, { allowDangerousHtml: true });
}

const toText = (node: Nodes): string => ("value" in node ? String(node.value) : "children" in node ? node.children.map(toText).join("") : "");

/** Replaces the code elements that stand for formulas. KaTeX without `trust` writes no links, styles of others or HTML, so its output enters after sanitising. */
function typesetMath(root: Root, { math: output, onProblem }: ProseOptions): void {
  visit(root, "element", (node: Element, index, parent) => {
    const classes = (node.properties.className ?? []) as string[];
    if (!parent || index === undefined || node.tagName !== "code" || !classes.some((name) => name.startsWith("math-"))) return;
    const displayMode = classes.includes("math-display");
    const tex = node.children.map((child) => (child as Text).value ?? "").join("");
    try {
      const html = katex.renderToString(tex, { displayMode, output: output === "mathml" ? "mathml" : "htmlAndMathml", throwOnError: false, strict: "ignore" });
      parent.children[index] = { type: "raw", value: html } as never;
    } catch (error) {
      // KaTeX shows what it cannot read; what it cannot take at all (too deep, for one) it throws
      const start = tex.length > 60 ? `${tex.slice(0, 60)}…` : tex;
      const sentence = `A formula cannot be set (${error instanceof Error ? error.message : String(error)}): ${start}`;
      onProblem?.(sentence);
      parent.children[index] = { type: "element", tagName: "code", properties: {}, children: [{ type: "text", value: sentence }] } as Element;
    }
  });
}

/** First heading or line of a Markdown text, without marks, for outlines and file names. */
export function firstHeading(markdown: string): string | null {
  const match = /^#{1,6}\s+(.+?)\s*#*$/m.exec(markdown);
  return match ? match[1].replace(/[*_`]/g, "").replace(/\$(?!\s)([^$]*[^$\s])\$(?!\d)/g, "$1") : null;
}
