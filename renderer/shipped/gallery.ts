/** The notebooks that ship with the app, one per question. */
import { parseNotebook } from "../../experiments/notebook/file/markdown.ts";

export interface GalleryNotebook {
  /** file name without ".md" */
  id: string;
  title: string;
  /** the first paragraph, Markdown */
  opening: string;
  text: string;
  /** the budget whose results ship with the app, so that they show at once; null: none do */
  budget: string | null;
}

const manifests = import.meta.glob<{ arguments: { budget: string | null } }>("../../experiments/gallery/*.results/manifest.json", {
  import: "default",
  eager: true,
});
const files = import.meta.glob<string>("../../experiments/gallery/*.md", { query: "?raw", import: "default", eager: true });

export const gallery: readonly GalleryNotebook[] = Object.entries(files)
  .map(([path, text]) => {
    const id = path.slice(path.lastIndexOf("/") + 1, -".md".length);
    const { frontMatter, blocks } = parseNotebook(text);
    const prose = blocks.find((block) => block.kind === "prose")?.text ?? "";
    const paragraphs = prose.split(/\n\s*\n/).filter((paragraph) => !/^(#|\$\$|!\[)/.test(paragraph.trim()));
    return {
      id,
      title: frontMatter.title ?? id,
      opening: paragraphs[0] ?? "",
      text,
      budget: manifests[path.replace(/\.md$/, ".results/manifest.json")]?.arguments.budget ?? null,
    };
  })
  .sort((a, b) => (a.id === "balancing" ? -1 : b.id === "balancing" ? 1 : a.title.localeCompare(b.title)));

/** A notebook with nothing but the start of a question. */
export const blankNotebook = `---
switchyard: 1
title: Untitled
---
What do you want to know?

\`\`\`ts {#study}
import { experiment } from "switchyard";

export const study = experiment("My first study", {
  train: { steps: 100 },
  arms: {
    "baseline": {},
    "loss-free balancing": { balance: { bias: { gamma: 5e-3 } } },
  },
  baseline: "baseline",
  seeds: 2,
});
\`\`\`
`;
