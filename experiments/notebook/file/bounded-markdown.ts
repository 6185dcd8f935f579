/**
 * Markdown to its tree, within limits. micromark takes quadratic time and worse for nested containers and for marks that
 * match nothing, and everything after it recurses: so its own tokenizer is asked at each of them how many there have been.
 */
import type { Nodes, Root, Table } from "mdast";
import { type Extension as MdastExtension, fromMarkdown } from "mdast-util-from-markdown";
import type { Code, Construct, Extension, State, TokenizeContext } from "micromark-util-types";
import { limits, TooMuch } from "./limits.ts";

interface Flavour {
  /** without it only the ends of blocks are looked for */
  inline: boolean;
  extensions: Extension[];
  mdastExtensions?: (MdastExtension | MdastExtension[])[];
}

/** @throws TooMuch */
export function boundedMarkdown(text: string, { inline, extensions, mdastExtensions = [] }: Flavour): Root {
  refuseDeepContainers(text);
  if (inline && /^(?:[^|\r\n]*\|){501}/m.test(text)) throw new TooMuch("a table in it has more than 500 columns");
  const tree = fromMarkdown(text, { extensions: [...extensions, guard(inline)], mdastExtensions });
  if (inline) refuseLargeTables(tree);
  return tree;
}

const marks = [..."*_~[]!`$<&\\|"].map((mark) => mark.charCodeAt(0));

/** Constructs that match nothing: they count, and look at the clock. */
function guard(inline: boolean): Extension {
  const end = performance.now() + 1000 * limits.seconds;
  const counts = new WeakMap<object, number>();
  let definitions = 0;
  const onTime = (): void => {
    if (performance.now() > end) throw new TooMuch(`it takes longer than ${limits.seconds} s to read`);
  };
  const construct = (look: () => void): Construct => ({
    tokenize(_effects, _ok, nok) {
      return (code: Code) => {
        look();
        return nok(code);
      };
    },
  });
  const clock = construct(onTime);
  const mark: Construct = {
    tokenize(effects, _ok, nok) {
      const paragraph = ownContext(this);
      effects.enter("data"); // nothing is consumed outside of a token; it goes with the attempt
      let first: Code = null;
      const next = (code: Code): State | undefined => {
        first ??= code;
        if (code === null || code !== first) return nok(code);
        const count = (counts.get(paragraph) ?? 0) + 1;
        counts.set(paragraph, count);
        if (count > limits.marks)
          throw new TooMuch(`a paragraph holds more than ${limits.marks.toLocaleString("en")} marks such as * [ or $`);
        if (count % 64 === 0) onTime();
        effects.consume(code);
        return next;
      };
      return next;
    },
  };
  const definition = construct(() => {
    definitions += 1;
    if (definitions > limits.definitions)
      throw new TooMuch(`it holds more than ${limits.definitions.toLocaleString("en")} definitions or footnotes`);
  });
  if (!inline) return { document: { null: clock }, flow: { null: clock } };
  return {
    document: { null: clock },
    flow: { null: clock, 91: definition },
    contentInitial: { 91: definition },
    text: Object.fromEntries(marks.map((code) => [code, mark])),
  };
}

/** An attempt may see a context that inherits from the paragraph's own. */
const ownContext = (context: TokenizeContext): object =>
  Object.hasOwn(context, "events") ? context : (Object.getPrototypeOf(context) as object);

const prefix = /^[ \t]*(?:(?:>|[-+*](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$))[ \t]*)*/;

/**
 * Quotes and lists open by marks at the start of a line, and a list inside a list stands further right. Both ways to be
 * deep are seen before anything is parsed: many marks in a line, or items that step to the right without end.
 */
function refuseDeepContainers(text: string): void {
  const columns: number[] = [];
  let work = 0;
  for (const [line] of text.matchAll(/[^\r\n]*(?:\r\n?|\n|$)/g)) {
    const opening = prefix.exec(line)![0];
    const openers = [...opening.matchAll(/>|[-+*]|\d{1,9}[.)]/g)];
    if (openers.length > 0 && openers[0].index > 4 * limits.containers) columns.length = limits.containers + 1;
    work += Math.min(columns.length, line.trim() === "" ? columns.length : opening.length) + openers.length;
    for (const { index } of openers) {
      while (columns.length > 0 && columns[columns.length - 1] >= index) columns.pop();
      columns.push(index);
    }
    if (Math.max(columns.length, openers.length) > limits.containers)
      throw new TooMuch(`its quotes and lists are nested deeper than ${limits.containers} levels`);
    if (openers.length === 0 && /^\S/.test(line)) columns.length = 0;
  }
  if (work > 100_000) throw new TooMuch("its quotes and lists are nested too deeply for their length");
}

/** A table's short rows are filled up to its widest: what is written small can be shown large. */
function refuseLargeTables(tree: Root): void {
  let cells = 0;
  const count = (node: Nodes): void => {
    if (node.type === "table") cells += node.children.length * columnsOf(node);
    if (cells > limits.tableCells) throw new TooMuch(`its tables have more than ${limits.tableCells.toLocaleString("en")} cells`);
    if ("children" in node && node.type !== "paragraph") for (const child of node.children) count(child);
  };
  count(tree);
}

const columnsOf = (table: Table): number =>
  Math.max(table.align?.length ?? 0, ...table.children.slice(0, 1).map((row) => row.children.length));
