/**
 * Everything a window may ask of the main process: one table, read by main (checks arguments), preload (exposes the
 * calls) and the renderer (types). A window speaks only of its own notebook, by the id that main gave it; paths cross for
 * display, never for access. What is said is bounded: a page that is no longer ours must not fill memory or disk.
 */
import * as v from "valibot";
import { metricEvent, runRecord, storedResult, type RunRecord, type StoredResult } from "../../experiments/runs/store/records.ts";
import type { ComparableRun } from "../../experiments/runs/index/comparison.ts";
import { runQuery, runReference, type FoundRuns, type RunQuery, type RunReference } from "../../experiments/runs/index/query.ts";
import { namedExperiment, type NamedExperiment } from "../../experiments/runs/store/named-experiment.ts";
import type { KernelTable } from "../../engine/backends/webgpu/matmul/table.ts";
import type { MetricEvent } from "../../engine/train/protocol.ts";
import { hasExportKind, isExportPath } from "../policy/names.ts";

/** A notebook as main has given it to a window. */
export interface OpenedDocument {
  /** goes with every save: main writes only what the window holds */
  id: string;
  /** absolute path, for display; null: it has no file yet */
  path: string | null;
  /** file name */
  name: string;
  /** of the file; of a document without one, its first text */
  text: string;
  /** what the person had written and not saved, shown in place of `text`; null: nothing */
  unsaved: string | null;
  /** an earlier session's unsaved text that nobody has answered for yet; null: there is none */
  recovered: { id: string; text: string; time: string } | null;
  /** what a person should know of how it was opened */
  notes: string[];
}

/** Where a window begins. */
export interface FirstDocument {
  document: OpenedDocument | null;
  /** why a notebook that was asked for is not here */
  problem: string | null;
}

/** Unsaved text of a document that no window shows. */
export interface RecoverableDocument {
  id: string;
  name: string;
  path: string | null;
  /** ISO, of its last change */
  time: string;
}

export type SaveOutcome = { status: "saved"; path: string; name: string } | { status: "cancelled" };

export interface RecentFile {
  path: string;
  name: string;
}

const label = v.pipe(v.string(), v.maxLength(100));
const menuItem = v.object({
  /** id of the action it runs */
  id: v.pipe(v.string(), v.regex(/^[a-z][a-zA-Z.]{0,60}$/)),
  label,
  /** Electron accelerator, shown beside the label; the page handles the key itself */
  accelerator: v.nullable(v.pipe(v.string(), v.maxLength(60), v.regex(/^[\x20-\x7e]+$/))),
  enabled: v.boolean(),
  /** a line above it */
  separated: v.boolean(),
});

const menu = v.object({ label, items: v.pipe(v.array(menuItem), v.maxLength(100)) });
export type MenuDescription = v.InferOutput<typeof menu>;

/** characters of a notebook, bytes of a figure or page, bytes of a checkpoint */
const limits = { text: 32 * 2 ** 20, contents: 256 * 2 ** 20, files: 5000, weights: 8 * 2 ** 30, events: 100_000, names: 10_000 };

/** As files of a person may be called; main makes a plain one of it before it proposes it. */
const fileName = v.pipe(v.string(), v.regex(/^[^\\/\0]{1,255}$/, "a file name without folders"));
const exportName = v.pipe(fileName, v.check(hasExportKind, "the name of a file that can be exported"));
const exportPath = v.pipe(v.string(), v.check(isExportPath, "a path below the folder, of a file that can be exported"));
const text = v.pipe(v.string(), v.maxLength(limits.text, "a text of at most 32 million characters"));
const documentId = v.pipe(v.string(), v.regex(/^[0-9a-f-]{16,36}$/));
const bytesUpTo = (most: number) =>
  v.custom<Uint8Array>((value) => value instanceof Uint8Array && value.byteLength <= most, `at most ${most / 2 ** 20} MiB of bytes`);
const contents = v.union([v.pipe(v.string(), v.maxLength(limits.contents)), bytesUpTo(limits.contents)]);
const files = v.pipe(
  v.array(v.object({ path: exportPath, contents })),
  v.maxLength(limits.files),
  v.check((all) => all.reduce((sum, file) => sum + file.contents.length, 0) <= 4 * limits.contents, "at most 1 GiB of files"),
);
const bytes = bytesUpTo(limits.weights);
const key = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const writer = v.pipe(v.number(), v.safeInteger());
const words = v.pipe(v.string(), v.maxLength(1000));
const experiments = v.pipe(
  v.array(namedExperiment),
  v.maxLength(limits.names),
  v.check((all) => all.reduce((sum, { runs }) => sum + runs.length, 0) <= 10 * limits.names, "at most 100,000 named runs"),
);

export type FileContents = v.InferOutput<typeof contents>;

/** How much of the index of runs to trust: as it stands, brought up to date with the folders, or made again from them. */
const freshness = v.picklist(["known", "refreshed", "rebuilt"]);
export type Freshness = v.InferOutput<typeof freshness>;

/** What a window's notebook has trained, for the manifest of its store. */
export interface KeptNames {
  /** file name, for a notebook that has no file yet */
  notebook: string;
  budget: string | null;
  experiments: NamedExperiment[];
}

/** A channel: the schemas of its arguments, and (as a type only) what it resolves to. */
interface Channel<Arguments extends unknown[], Result> {
  arguments: v.GenericSchema<unknown, Arguments>;
  /** type only, never set */
  result?: Result;
}

function channel<Arguments extends unknown[], Result>(schema: v.GenericSchema<unknown, Arguments>): Channel<Arguments, Result> {
  return { arguments: schema };
}

const none = v.tuple([]);

export const channels = {
  /** The notebook this window was opened for or held before its page was loaded again, or none. */
  "document.initial": channel<[], FirstDocument>(none),
  /** The window shows a notebook without a file from now on. Resolves with the id of it. */
  "document.new": channel<[name: string], string>(v.tuple([fileName])),
  /** Asks for a file. Resolves with it when it opens in this window, null when it went elsewhere or nowhere. */
  "document.open": channel<[], OpenedDocument | null>(none),
  /** The file that a person has just dropped onto the page, which main has heard of from the preload. */
  "document.openDropped": channel<[], OpenedDocument | null>(none),
  "document.openRecent": channel<[path: string], OpenedDocument | null>(v.tuple([v.string()])),
  "document.recent": channel<[], RecentFile[]>(none),
  /** Writes the window's file; asks for a name first when it has none, or when `as` is true. */
  "document.save": channel<[id: string, text: string, options: { as: boolean; suggestedName: string }], SaveOutcome>(
    v.tuple([documentId, text, v.object({ as: v.boolean(), suggestedName: fileName })]),
  ),
  /** Keeps the document's unsaved text beside the user's data, so that a crash loses nothing; null: it has none. */
  "document.recovery": channel<[id: string, text: string | null], void>(v.tuple([documentId, v.nullable(text)])),
  /** Documents of earlier sessions with unsaved text, the newest first. */
  "document.recoverable": channel<[], RecoverableDocument[]>(none),
  /** Opens one of them as it was left. */
  "document.recover": channel<[copy: string], OpenedDocument | null>(v.tuple([documentId])),
  /** The offered copy went into the window's document: it goes when that is saved. */
  "document.restored": channel<[id: string, copy: string], void>(v.tuple([documentId, documentId])),
  "document.discard": channel<[copy: string], void>(v.tuple([documentId])),
  "window.state": channel<[state: { title: string; dirty: boolean; pristine: boolean; activeRuns: number }], void>(
    v.tuple([
      v.object({ title: words, dirty: v.boolean(), pristine: v.boolean(), activeRuns: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) }),
    ]),
  ),
  "window.new": channel<[], void>(none),
  /** Answers `closing`: the window may go now, or stays. */
  "window.closed": channel<[proceed: boolean], void>(v.tuple([v.boolean()])),
  "menu.set": channel<[menus: MenuDescription[]], void>(v.tuple([v.pipe(v.array(menu), v.maxLength(20))])),
  /** Asks where, then writes one file. Resolves with its path, or null. */
  "export.file": channel<[name: string, contents: FileContents], string | null>(v.tuple([exportName, contents])),
  /** Asks for a folder, then writes files below it. */
  "export.folder": channel<[files: { path: string; contents: FileContents }[]], string | null>(v.tuple([files])),
  /** Prints a self-contained HTML page to a PDF file. */
  "export.pdf": channel<[name: string, html: string], string | null>(
    v.tuple([exportName, v.pipe(v.string(), v.maxLength(limits.contents))]),
  ),
  /** Asks, with the host the link leads to, then opens it in the person's browser. */
  "link.open": channel<[url: string], void>(v.tuple([v.pipe(v.string(), v.maxLength(20_000))])),

  /** The user's table of kernels (`switchyard tune`); null where there is none, or none that can be used. */
  "kernels.table": channel<[], KernelTable | null>(none),

  "store.name": channel<[], string>(none),
  "store.find": channel<[key: string], StoredResult | null>(v.tuple([key])),
  "store.events": channel<[key: string], MetricEvent[]>(v.tuple([key])),
  "store.weights": channel<[key: string], Uint8Array | null>(v.tuple([key])),
  "store.list": channel<[], RunRecord[]>(none),
  /** Takes a run for writing; the number stands for its writer in the calls below. */
  "store.open": channel<[record: RunRecord], number>(v.tuple([runRecord])),
  "writer.checkpoint": channel<[writer: number], Uint8Array | null>(v.tuple([writer])),
  "writer.events": channel<[writer: number], MetricEvent[]>(v.tuple([writer])),
  "writer.append": channel<[writer: number, events: MetricEvent[]], void>(
    v.tuple([writer, v.pipe(v.array(metricEvent), v.maxLength(limits.events))]),
  ),
  "writer.saveCheckpoint": channel<[writer: number, bytes: Uint8Array], void>(v.tuple([writer, bytes])),
  "writer.finish": channel<[writer: number, result: StoredResult, weights: Uint8Array | null], void>(
    v.tuple([writer, storedResult, v.nullable(bytes)]),
  ),
  "writer.reset": channel<[writer: number], void>(v.tuple([writer])),
  "writer.release": channel<[writer: number], void>(v.tuple([writer])),
  /** Says in the manifest of the window's store which run is which arm. */
  "store.keepNames": channel<[names: KeptNames], void>(v.tuple([v.object({ notebook: fileName, budget: v.nullable(words), experiments })])),

  /** Runs of all notebooks. */
  "runs.search": channel<[query: RunQuery, freshness: Freshness], FoundRuns>(v.tuple([runQuery, freshness])),
  /** All there is of one of them; only of stores that are known. */
  "runs.read": channel<[run: RunReference], ComparableRun>(v.tuple([runReference])),
};

type Channels = typeof channels;
export type ChannelName = keyof Channels;
export type ArgumentsOf<Name extends ChannelName> = Channels[Name] extends Channel<infer Arguments, infer _Result> ? Arguments : never;
export type ResultOf<Name extends ChannelName> = Channels[Name] extends Channel<infer _Arguments, infer Result> ? Result : never;

/** An answer over IPC. Electron would flatten an error to its message; names matter (RunLockedError, StoreWriteError). */
export type Reply<Result> = { ok: true; value: Result } | { ok: false; error: { name: string; message: string } };

/** What main says to a window without being asked. */
export interface Notices {
  /** an item of the menu was chosen */
  command: [actionId: string];
  /** the window is about to close: save if asked to, stop runs with checkpoints, then answer `window.closed` */
  closing: [options: { save: boolean }];
  /** what a person should know */
  trouble: [message: string];
  /** no window of the app can be seen any more, or one can again */
  hidden: [hidden: boolean];
}

export type NoticeName = keyof Notices;

/** What the preload exposes to the page as `switchyardBridge`. */
export interface Bridge {
  platform: NodeJS.Platform;
  call<Name extends ChannelName>(name: Name, ...args: ArgumentsOf<Name>): Promise<Reply<ResultOf<Name>>>;
  /** @returns a function that ends the subscription */
  on<Name extends NoticeName>(name: Name, listener: (...args: Notices[Name]) => void): () => void;
}

/** What only the preload says, on a name that no call of the page can reach: the path of a file that a person has just dropped. */
export const droppedChannel = "switchyard-preload:dropped";
