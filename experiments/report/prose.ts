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
import { boundedMarkdown } from "../notebook/file/bounded-markdown.ts";
import { excessOf, limits, refuseLonger, TooMuch } from "../notebook/file/limits.ts";
import { escapeHtml } from "./markup.ts";

/** Raw HTML in Markdown is dropped by mdast-util-to-hast; what is left is held against this list besides. */
const schema: Schema = {
  ...defaultSchema,
  clobberPrefix: "note-",
  attributes: { ...defaultSchema.attributes, code: [["className", /^language-[\w-]+$/, "math-inline", "math-display"]] },
};

export interface ProseOptions {
  /** `mathml` needs no style sheet (reports); `html` is KaTeX's own layout (the app, with KaTeX's style sheet and fonts) */
  math: "mathml" | "html";
  /** hears of a text or formula beyond what is read; it stands as it was written, and says so */
  onProblem?: (text: string) => void;
  /** hears of every heading and says by what id a link reaches it */
  headingId?: (text: string, level: number) => string;
}

/**
 * Markdown (GitHub's flavour, $math$ by Pandoc's rule) → sanitised HTML. The text may come from anyone: no scripts, handlers, styles or data URLs
 * survive. Text that is longer or deeper than is read comes as it was written, with a sentence that says so.
 */
export function proseToHtml(markdown: string, options: ProseOptions): string {
  try {
    refuseLonger(markdown, limits.prose, "it");
    return setProse(markdown, options);
  } catch (error) {
    const why = excessOf(error, "it");
    options.onProblem?.(`A text of the notebook is shown as it was written: ${why}`);
    return asWritten(markdown, why);
  }
}

function asWritten(markdown: string, why: string): string {
  const rest = markdown.length - limits.shownUnread;
  const text = rest > 0 ? `${markdown.slice(0, limits.shownUnread)}\n… ${rest.toLocaleString("en")} more characters` : markdown;
  return `<p class="warning">This text is shown as it was written: ${escapeHtml(why)}.</p>\n<pre><code>${escapeHtml(text)}</code></pre>`;
}

function setProse(markdown: string, options: ProseOptions): string {
  const tree = boundedMarkdown(markdown, {
    inline: true,
    extensions: [gfm(), dollarMath()],
    mdastExtensions: [gfmFromMarkdown(), mathFromMarkdown()],
  });
  // `$$…$$` within one line is displayed too, as on GitHub.
  visit(tree, "inlineMath", (node: InlineMath) => {
    const start = node.position?.start.offset ?? 0;
    if (markdown.startsWith("$$", start))
      node.data = { ...node.data, hProperties: { className: ["language-math", "math-display"] } } as never;
  });
  const safe = sanitize(toHast(tree), schema) as Root;
  const { headingId } = options;
  if (headingId)
    visit(safe, "element", (node: Element) => {
      if (/^h[1-6]$/.test(node.tagName)) node.properties.id = headingId(toText(node), Number(node.tagName[1]));
    });
  typesetMath(safe, options);
  return toHtml(safe as Nodes, { allowDangerousHtml: true });
}

const toText = (node: Nodes): string =>
  "value" in node ? String(node.value) : "children" in node ? node.children.map(toText).join("") : "";

/** Replaces the code elements that stand for formulas. KaTeX without `trust` writes no links, styles of others or HTML, so its output enters after sanitising. */
function typesetMath(root: Root, { math: output, onProblem }: ProseOptions): void {
  let all = 0;
  visit(root, "element", (node: Element, index, parent) => {
    const classes = (node.properties.className ?? []) as string[];
    if (!parent || index === undefined || node.tagName !== "code" || !classes.some((name) => name.startsWith("math-"))) return;
    const displayMode = classes.includes("math-display");
    const tex = node.children.map((child) => (child as Text).value ?? "").join("");
    if (tex.length <= limits.formula) all += tex.length; // a longer one is not set, and costs the others nothing
    if (all > limits.formulas) throw new TooMuch(`its formulas have more than ${limits.formulas.toLocaleString("en")} characters together`);
    parent.children[index] = { type: "raw", value: formulaHtml(tex, displayMode, { math: output, onProblem }) } as never;
  });
}

/** KaTeX recurses into groups, and macros may write what nobody wrote: a formula beyond the limits is shown as it was written. */
function formulaHtml(tex: string, displayMode: boolean, { math: output, onProblem }: Pick<ProseOptions, "math" | "onProblem">): string {
  try {
    refuseLonger(tex, limits.formula, "it");
    refuseDeepFormula(tex);
    const html = katex.renderToString(tex, {
      displayMode,
      output: output === "mathml" ? "mathml" : "htmlAndMathml",
      throwOnError: false,
      strict: "ignore",
      maxSize: 100,
      maxExpand: 1000,
    });
    if (html.length > mostMarkup) throw new TooMuch("it becomes too large a drawing");
    return html;
  } catch (error) {
    const why = excessOf(error, "it");
    onProblem?.(`A formula is shown as it was written: ${why}`);
    return `<span class="warning">A formula is shown as it was written: ${escapeHtml(why)}.</span> <code>${escapeHtml(tex.slice(0, limits.formula))}</code>`;
  }
}

/** Characters of markup for one formula; a page of matrices has a tenth of it. */
const mostMarkup = 2_000_000;

function refuseDeepFormula(tex: string): void {
  let depth = 0;
  for (const [sign] of tex.matchAll(/\\\\|\\[{}]|\\(?:begin|left|end|right)(?![A-Za-z])|[{}]/g)) {
    if (sign === "{" || sign === "\\begin" || sign === "\\left") depth++;
    else if (sign === "}" || sign === "\\end" || sign === "\\right") depth--;
    if (depth > limits.groups) throw new TooMuch(`it has groups within each other deeper than ${limits.groups} levels`);
  }
}
