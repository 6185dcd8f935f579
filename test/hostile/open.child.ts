/** A process that opens hostile notebooks, each when its name is asked for, as the app does: blocks, cells, prose, session. */
import { compileNotebook } from "../../experiments/notebook/cells/compile.ts";
import { openSession, validityOf } from "../../experiments/notebook/cells/cells.ts";
import { cellsOf, parseNotebook } from "../../experiments/notebook/file/markdown.ts";
import { proseToHtml } from "../../experiments/report/prose.ts";
import { bombs } from "./bombs.ts";

export interface Opened {
  milliseconds: number;
  /** what the person is told: warnings of the file, errors of cells, sentences in the page */
  told: string[];
  parts: Record<string, number>;
  threw: string | null;
}

process.send!("ready");
process.on("message", (name: string) => {
  const text = bombs.get(name)!();
  const parts: Record<string, number> = {};
  const told: string[] = [];
  const begin = performance.now();
  let threw: string | null = null;
  const timed = <T>(part: string, work: () => T): T => {
    const start = performance.now();
    try {
      return work();
    } finally {
      parts[part] = Math.round(performance.now() - start + (parts[part] ?? 0));
    }
  };
  try {
    const notebook = timed("blocks", () => parseNotebook(text));
    if (notebook.text !== text) throw new Error("the text is not what it was");
    told.push(...notebook.warnings.map(({ message }) => message));
    const { cells } = timed("cells", () => compileNotebook(notebook));
    told.push(...cells.flatMap(({ error }) => (error ? [error.message] : [])));
    timed("session", () => {
      const session = openSession(text);
      for (const { id } of cellsOf(session.notebook)) validityOf(session, id);
    });
    for (const block of notebook.blocks) {
      if (block.kind !== "prose") continue;
      for (const math of ["html", "mathml"] as const) {
        const html = timed(math, () => proseToHtml(block.text, { math }));
        for (const [, sentence] of html.matchAll(/<p class="warning">(.*?)<\/p>/g)) told.push(sentence);
      }
    }
  } catch (error) {
    threw = String((error as Error)?.stack ?? error).slice(0, 300);
  }
  const opened: Opened = {
    milliseconds: performance.now() - begin,
    told: told.slice(0, 3).map((sentence) => sentence.slice(0, 160)),
    parts,
    threw,
  };
  process.send!(opened);
});
