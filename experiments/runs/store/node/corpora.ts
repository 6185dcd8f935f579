/** Node-only: the frozen corpora from the files that ship with the program. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CorpusError, corpusFiles, domainNames, openCorpus } from "../../../../engine/data/corpus.ts";
import type { DomainText } from "../../../../engine/data/domain-text.ts";
import { own } from "../../../own-keys.ts";

const folder = join("engine", "data", "corpora");
const opened = new Map<string, Promise<DomainText>>();

/** The texts of these domains, in this order, each checked against its pinned hash. */
export function openDomains(names: readonly string[]): Promise<DomainText[]> {
  return Promise.all(
    names.map((name) => {
      let text = opened.get(name);
      if (!text) opened.set(name, (text = open(name)));
      return text;
    }),
  );
}

async function open(name: string): Promise<DomainText> {
  const file = own(corpusFiles, name);
  if (file === undefined) throw new CorpusError(`There is no corpus "${name}". There are: ${domainNames.join(", ")}.`);
  return openCorpus(name, await readFile(join(corporaFolder(), file)));
}

/** Found upwards from this file, which lies elsewhere in the sources than in a bundle. */
function corporaFolder(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    if (existsSync(join(at, folder, "manifest.json"))) return join(at, folder);
    if (dirname(at) === at) throw new CorpusError(`The frozen corpora (${folder}) were not found beside the program.`);
  }
}
