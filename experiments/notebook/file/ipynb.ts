/** Jupyter notebooks (nbformat 4, minor 5) in and out. Ours keeps no outputs in its file, so none cross. */
import * as v from "valibot";
import { EditError, insertCell, insertProse, mintId } from "./edits.ts";
import { cellIdPattern, fenceLength, normaliseEndings } from "./fence.ts";
import { formatVersion } from "./front-matter.ts";
import { type CellBlock, cellsOf, type Notebook, parseNotebook } from "./markdown.ts";

const lines = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.transform((source) => (typeof source === "string" ? source : source.join(""))),
);

const jupyterCell = v.looseObject({
  cell_type: v.picklist(["markdown", "code", "raw"]),
  id: v.optional(v.string()),
  source: lines,
  outputs: v.optional(v.array(v.unknown()), []),
  attachments: v.optional(v.record(v.string(), v.unknown()), {}),
});

const jupyterNotebook = v.looseObject({
  nbformat: v.literal(4),
  metadata: v.optional(
    v.looseObject({
      title: v.optional(v.string()),
      kernelspec: v.optional(v.looseObject({ language: v.optional(v.string()) })),
      language_info: v.optional(v.looseObject({ name: v.optional(v.string()) })),
      switchyard: v.optional(v.looseObject({ front_matter: v.optional(v.string()) })),
    }),
    {},
  ),
  cells: v.array(jupyterCell),
});

/** What a file lost or kept as text on its way in. */
export interface Imported {
  text: string;
  notes: string[];
}

const ourLanguages = new Set(["typescript", "javascript", "deno"]);

/**
 * Text of a notebook.md. Code in another language than TypeScript or JavaScript is kept as text: it cannot run here.
 * @param name title where the file has none
 * @throws SyntaxError when the file is no Jupyter notebook of format 4
 */
export function fromJupyter(json: string, name = "Untitled"): Imported {
  const parsed = v.safeParse(jupyterNotebook, JSON.parse(json));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new SyntaxError(`this is no Jupyter notebook of format 4: ${v.getDotPath(issue) ?? "the file"}: ${issue.message}`);
  }
  const { metadata, cells } = parsed.output;
  const language = (metadata.language_info?.name ?? metadata.kernelspec?.language ?? "python").toLowerCase();
  const notes: string[] = [];
  let notebook = parseNotebook(
    metadata.switchyard?.front_matter ?? `---\nswitchyard: ${formatVersion}\ntitle: ${JSON.stringify(metadata.title ?? name)}\n---\n`,
  );
  let outputs = 0;
  let foreign = 0;
  for (const cell of cells) {
    const source = normaliseEndings(cell.source);
    outputs += cell.outputs.length;
    if (Object.keys(cell.attachments).length > 0)
      notes.push(`Images attached to a text cell were left out: ${Object.keys(cell.attachments).join(", ")}.`);
    if (cell.cell_type === "code" && ourLanguages.has(language)) {
      const isFree = cell.id !== undefined && cellIdPattern.test(cell.id) && !cellsOf(notebook).some(({ id }) => id === cell.id);
      notebook = insertCell(notebook, notebook.blocks.length, source, isFree ? cell.id : mintId(notebook, cell.id));
    } else if (cell.cell_type === "markdown") notebook = addProse(notebook, source);
    else {
      if (cell.cell_type === "code") foreign++;
      if (source.trim() !== "")
        notebook = insertProse(notebook, notebook.blocks.length, fenced(source, cell.cell_type === "code" ? language : "text"));
    }
  }
  if (outputs > 0)
    notes.push(`${outputs} ${outputs === 1 ? "output was" : "outputs were"} left out: results live beside a notebook, not in it.`);
  if (foreign > 0) notes.push(`${foreign} ${foreign === 1 ? "cell" : "cells"} in ${language} became text: cells here are TypeScript.`);
  return { text: notebook.text, notes };
}

/** Markdown that would swallow what comes after it (an open fence or HTML comment) is kept as a block of code. */
function addProse(notebook: Notebook, source: string): Notebook {
  if (source.trim() === "") return notebook;
  try {
    const added = insertProse(notebook, notebook.blocks.length, source);
    insertCell(added, added.blocks.length, "");
    return added;
  } catch (error) {
    if (!(error instanceof EditError)) throw error;
    return insertProse(notebook, notebook.blocks.length, fenced(source, "markdown"));
  }
}

function fenced(source: string, language: string): string {
  const markers = "`".repeat(fenceLength(source, "`", 3));
  return `${markers}${language}\n${source}\n${markers}`;
}

/** nbformat 4.5, without outputs. Front matter travels in the metadata, so that it comes back. */
export function toJupyter(notebook: Notebook): string {
  const { text, frontMatter, blocks } = notebook;
  const used = new Set(cellsOf(notebook).map((cell) => cell.id));
  let textCells = 0;
  const textId = () => {
    let id: string;
    do id = `text-${++textCells}`;
    while (used.has(id));
    return id;
  };
  const cells = blocks.map((block) =>
    block.kind === "prose"
      ? { cell_type: "markdown", id: textId(), metadata: {}, source: sourceLines(normaliseEndings(block.text)) }
      : { cell_type: "code", id: jupyterId(block), metadata: {}, execution_count: null, outputs: [], source: sourceLines(block.source) },
  );
  const metadata = {
    kernelspec: { name: "tslab", display_name: "TypeScript", language: "typescript" },
    language_info: { name: "typescript", file_extension: ".ts", mimetype: "text/typescript" },
    ...(frontMatter.title !== null && { title: frontMatter.title }),
    switchyard: { front_matter: text.slice(frontMatter.span.start, frontMatter.span.end) },
  };
  return `${JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells }, null, 1)}\n`;
}

/** Ids there are 1 to 64 of A-Z, a-z, 0-9, "-" and "_". */
function jupyterId({ id }: CellBlock): string {
  return /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : `c-${[...id].map((letter) => letter.codePointAt(0)!.toString(36)).join("-")}`.slice(0, 64);
}

const sourceLines = (source: string): string[] => (source === "" ? [] : source.match(/[^\n]*\n|[^\n]+$/g)!);
