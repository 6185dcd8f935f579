/** Recently opened notebooks, kept in the user's data. */
import { app } from "electron";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import * as v from "valibot";
import writeFileAtomic from "write-file-atomic";
import type { RecentFile } from "./ipc/channels.ts";
import { withRecent } from "./policy/opening.ts";

export class RecentFiles {
  private readonly file: string;
  private paths: string[];

  constructor(file: string) {
    this.file = file;
    try {
      this.paths = v.parse(v.array(v.string()), JSON.parse(readFileSync(file, "utf8")));
    } catch {
      this.paths = []; // none yet, or damaged: a convenience, not worth a message
    }
  }

  list(): RecentFile[] {
    return this.paths.map((path) => ({ path, name: basename(path) }));
  }

  add(path: string): void {
    this.paths = withRecent(this.paths, path);
    app.addRecentDocument(path);
    writeFileAtomic(this.file, JSON.stringify(this.paths)).catch((error: unknown) => console.warn(`recent files are not kept: ${error}`));
  }
}
