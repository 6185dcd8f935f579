/** Node-only: the metrics.jsonl that a run is written to. */
import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { syncFile, type FileSystem } from "./filesystem.ts";

/**
 * A curve is the one file that grows in place, so each owner of a run grows a file of its own: it puts a copy of what it keeps in place of its
 * predecessor's first. A predecessor that wakes up appends to a file that has no name any more, as does one that never heard of locks to a file that
 * shares its bytes with another (a hard link).
 */
export class CurveFile {
  private readonly file: FileHandle;
  private readonly hash = createHash("sha256");
  private bytes = 0;

  private constructor(file: FileHandle, kept: Uint8Array) {
    this.file = file;
    this.count(kept);
  }

  /** @param kept what is in the file, which was just put in place */
  static async open(fs: FileSystem, path: string, kept: Uint8Array): Promise<CurveFile> {
    return new CurveFile(await fs.open(path, "a"), kept);
  }

  async append(text: string): Promise<void> {
    await this.file.appendFile(text);
    this.count(Buffer.from(text));
  }

  sync(): Promise<void> {
    return syncFile(this.file);
  }

  close(): Promise<void> {
    return this.file.close();
  }

  /** Of everything that this owner has kept and written. */
  checksum(): { bytes: number; sha256: string } {
    return { bytes: this.bytes, sha256: this.hash.copy().digest("hex") };
  }

  private count(bytes: Uint8Array): void {
    this.hash.update(bytes);
    this.bytes += bytes.length;
  }
}
