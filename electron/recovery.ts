/** Unsaved text, one copy per document, in a folder of the user's data. A copy stays until its text was saved or a person has discarded it. */
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import writeFileAtomic from "write-file-atomic";
import { hashOf } from "./documents.ts";

const copySchema = v.object({
  schema: v.literal("switchyard.recovery/1"),
  id: v.pipe(v.string(), v.regex(/^[0-9a-f-]{16,36}$/)),
  name: v.string(),
  /** of the notebook's file; null: it has none yet */
  path: v.nullable(v.string()),
  /** ISO, of the last change */
  time: v.string(),
  text: v.string(),
  /** copies whose text went into this document, and which its own takes the place of */
  restored: v.array(v.string()),
});

export type Copy = Omit<v.InferOutput<typeof copySchema>, "schema">;

const mostCopies = 500;

/** Before copies had a name and a time they were plain text, called by the hash of the notebook's path. */
const earlierId = (path: string): string => hashOf(path).slice(0, 16);
const earlierFile = /^([0-9a-f]{16})\.md$/;

export class Recovery {
  private readonly folder: string;
  /** writing and forgetting of one copy take turns */
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  private file(id: string, ending: "json" | "md" = "json"): string {
    return join(this.folder, `${id}.${ending}`);
  }

  private inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.turns.get(id) ?? Promise.resolve()).catch(() => {}).then(work);
    this.turns.set(id, turn);
    const done = () => void (this.turns.get(id) === turn && this.turns.delete(id));
    turn.then(done, done);
    return turn;
  }

  keep(copy: Copy): Promise<void> {
    return this.inTurn(copy.id, async () => {
      await mkdir(this.folder, { recursive: true });
      await this.bound(copy.id);
      await writeFileAtomic(this.file(copy.id), JSON.stringify({ schema: "switchyard.recovery/1", ...copy }));
    });
  }

  async find(id: string): Promise<Copy | null> {
    try {
      return v.parse(copySchema, JSON.parse(await readFile(this.file(id), "utf8")));
    } catch {
      return this.earlier(id);
    }
  }

  /** Of a notebook's file, the newest first. */
  async of(path: string): Promise<Copy[]> {
    return (await this.all()).filter((copy) => copy.path === path || copy.id === earlierId(path));
  }

  forget(id: string): Promise<void> {
    return this.inTurn(id, async () => {
      await rm(this.file(id), { force: true });
      await rm(this.file(id, "md"), { force: true });
    });
  }

  /** The newest first, without those that went into another. */
  async all(): Promise<Copy[]> {
    const names = await readdir(this.folder).catch((): string[] => []);
    const ids = names.flatMap((name) => (name.endsWith(".json") ? name.slice(0, -".json".length) : (earlierFile.exec(name)?.[1] ?? [])));
    const copies = (await Promise.all([...new Set(ids)].map((id) => this.find(id)))).filter((copy) => copy !== null);
    const replaced = new Set(copies.flatMap(({ restored }) => restored));
    return copies.filter(({ id }) => !replaced.has(id)).sort((a, b) => b.time.localeCompare(a.time));
  }

  /** A page that makes documents without end must not fill the disk. */
  private async bound(id: string): Promise<void> {
    const names = await readdir(this.folder);
    if (names.length < mostCopies || names.includes(`${id}.json`)) return;
    throw new Error(`${mostCopies} documents of earlier sessions have unsaved text; restore or discard some of them on the start page`);
  }

  private async earlier(id: string): Promise<Copy | null> {
    try {
      const text = await readFile(this.file(id, "md"), "utf8");
      const { mtime } = await stat(this.file(id, "md"));
      return { id, name: "untitled.md", path: null, time: mtime.toISOString(), text, restored: [] };
    } catch {
      return null;
    }
  }
}
