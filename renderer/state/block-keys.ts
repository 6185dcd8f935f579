import type { Block } from "../../experiments/notebook/file/notebook.ts";

/** Name of a block that survives edits elsewhere: cells by id, text by the cell it follows. */
export function blockKeys(blocks: readonly Block[]): string[] {
  let previous = "";
  return blocks.map((block) => {
    if (block.kind === "prose") return `text:${previous}`;
    previous = block.id;
    return `cell:${block.id}`;
  });
}
