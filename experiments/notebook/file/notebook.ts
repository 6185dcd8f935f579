/** The shape of a parsed notebook. `markdown.ts` makes it from text, `edits.ts` changes it. */

/** Half-open range of UTF-16 offsets in the notebook's text. */
export interface Span {
  start: number;
  end: number;
}

/** Markdown between cells. Gaps that hold only blank lines are no blocks. */
export interface ProseBlock {
  kind: "prose";
  /** without the blank lines around it, line endings as in the file */
  text: string;
  span: Span;
  /** 1-based line of the notebook where `text` starts */
  line: number;
}

/** A TypeScript fence with an `{#id}` attribute. */
export interface CellBlock {
  kind: "cell";
  /** unique in the notebook; a repeated id in the file reads as `id-2`, `id-3`, … */
  id: string;
  /** the code with "\n" line endings and without the last one */
  source: string;
  /** the whole fence with the line ending after it */
  span: Span;
  /** the lines between the fences, each with its line ending */
  body: Span;
  /** 1-based line of the notebook that holds the first line of `source` */
  line: number;
  fence: Fence;
}

export interface Fence {
  marker: "`" | "~";
  /** how many markers open it */
  length: number;
  /** columns before the opening marker, 0 to 3 */
  indent: number;
  closed: boolean;
  /** the text after the opening markers, as written */
  info: string;
}

export type Block = ProseBlock | CellBlock;

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** What `--budget smoke` changes: overrides by dotted path (`train.steps: 20`), as `--set` would, and the seeds. */
export interface Budget {
  overrides: Record<string, JsonValue>;
  seeds: number | number[] | null;
}

export interface FrontMatter {
  /** `switchyard:`, the version of the file format; null where it is missing */
  version: number | null;
  title: string | null;
  /** e.g. "smoke", "quick", "full" */
  budget: Record<string, Budget>;
  /** every key as YAML reads it, known or not */
  data: Record<string, unknown>;
  /** from the first `---` to the line ending after the second; empty where there is none */
  span: Span;
}

/** Something a person should know about the file. Nothing that is warned about is lost. */
export interface NotebookWarning {
  kind:
    | "front matter"
    | "budget"
    | "duplicate id"
    | "invalid id"
    | "unknown attribute"
    | "unknown language"
    | "unclosed fence"
    | "nested fence"
    | "conflict marker"
    /** a part of the file is longer or deeper than is read, and is shown as it is */
    | "too much";
  message: string;
  /** 1-based line of the notebook */
  line: number;
}

export interface Notebook {
  /** the file, byte for byte: the truth that spans point into */
  text: string;
  frontMatter: FrontMatter;
  /** in order; together with the front matter they cover everything but blank lines */
  blocks: Block[];
  warnings: NotebookWarning[];
}

export function cellsOf(notebook: Notebook): CellBlock[] {
  return notebook.blocks.filter((block) => block.kind === "cell");
}
