/** The outline of a notebook: headings of its prose, and its cells beneath them. */

export interface OutlineEntry {
  key: string;
  /** the block it leads to */
  block: string;
  kind: "heading" | "cell";
  label: string;
  /** 0 for a first-level heading; a cell lies one below its heading */
  depth: number;
}

export function outlineOf(blocks: readonly { key: string; kind: "prose" | "cell"; text: string; id: string | null }[]): OutlineEntry[] {
  const entries: OutlineEntry[] = [];
  let depth = -1;
  for (const block of blocks) {
    if (block.kind === "cell") {
      entries.push({ key: block.key, block: block.key, kind: "cell", label: `#${block.id}`, depth: depth + 1 });
      continue;
    }
    let fenced = false;
    block.text.split(/\r?\n/).forEach((line, index) => {
      if (/^\s{0,3}(```|~~~)/.test(line)) fenced = !fenced;
      const heading = fenced ? null : /^ {0,3}(#{1,6})\s+(.+?)\s*#*\s*$/.exec(line);
      if (!heading) return;
      depth = heading[1].length - 1;
      entries.push({ key: `${block.key}:${index}`, block: block.key, kind: "heading", label: heading[2].replace(/[*_`$]/g, ""), depth });
    });
  }
  return entries;
}
