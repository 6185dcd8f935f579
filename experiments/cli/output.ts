/** What the command line says. Results go to standard output, remarks to standard error; neither holds a control character that a name or a file brought. */
import { terminalText } from "../text/terminal-text.ts";

export const say = (text: string): void => write(process.stdout, text);
export const remark = (text: string): void => write(process.stderr, text);

const write = (stream: NodeJS.WriteStream, text: string): void => void (lost.has(stream) || stream.write(terminalText(text)));

/** Streams that nobody reads any more, or that cannot be written. */
const lost = new Set<NodeJS.WriteStream>();

/** The reader of a pipe may end (`| head`), a terminal may be closed. */
const goneReaders = ["EPIPE", "EIO", "ECONNRESET", "ERR_STREAM_DESTROYED"];

/**
 * Nobody has to listen: where a reader is gone, what is being done goes on without words, and its results are where they
 * always are. Output that cannot be written for another reason (a full disk) makes the exit code 1.
 */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (lost.has(stream)) return;
      lost.add(stream);
      if (goneReaders.includes(error.code ?? "")) return;
      outputLost = true;
      if (stream === process.stdout) remark(`switchyard: standard output cannot be written any more: ${error.message}\n`);
    });
  }
}

let outputLost = false;

/** The exit code of a command, with what became of its output. */
export const exitCode = (code: number): number => (outputLost && code === 0 ? 1 : code);
