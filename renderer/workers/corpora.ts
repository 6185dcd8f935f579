/** The frozen corpora in a browser: fetched with the page's own files, opened and checked once. */
import { corpora, dataHash, domainNames, openCorpus } from "../../engine/data/corpus.ts";
import type { DomainText } from "../../engine/data/domain-text.ts";

const files = import.meta.glob<string>("../../engine/data/corpora/*.gz", { query: "?url", import: "default", eager: true });

const opened = new Map<string, Promise<DomainText>>();

async function load(name: string): Promise<DomainText> {
  const entry = corpora.find((corpus) => corpus.name === name);
  const url = entry && files[`../../engine/data/corpora/${entry.file}`];
  if (!url) throw new Error(`There is no corpus "${name}". There are: ${domainNames.join(", ")}.`);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the corpus "${name}" cannot be read: ${response.status} ${response.statusText}`);
  return openCorpus(name, new Uint8Array(await response.arrayBuffer()));
}

export async function domainTexts(names: readonly string[]): Promise<DomainText[]> {
  return Promise.all(
    names.map((name) => {
      let text = opened.get(name);
      if (!text) opened.set(name, (text = load(name)));
      text.catch(() => opened.delete(name));
      return text;
    }),
  );
}

export async function hashOf(names: readonly string[]): Promise<string> {
  return dataHash(await domainTexts(names));
}
