/**
 * Everything a window may ask of the main process: one table, read by main (checks arguments), preload (exposes the
 * calls) and the renderer (types). A window speaks only of its own notebook; paths cross for display, never for access,
 * except the path of a file that a person dropped.
 */
import * as v from "valibot";
import { metricEvent, runRecord, storedResult, type RunRecord, type StoredResult } from "../../experiments/runs/records.ts";
import type { ComparableRun } from "../../experiments/runs/comparison.ts";
import { runQuery, runReference, type FoundRuns, type RunQuery, type RunReference } from "../../experiments/runs/index-query.ts";
import { namedExperiment, type NamedExperiment } from "../../experiments/runs/named-experiment.ts";
import type { KernelTable } from "../../engine/backends/webgpu/matmul/table.ts";
import type { MetricEvent } from "../../engine/train/protocol.ts";

/** A notebook file as it was read. */
export interface OpenedDocument {
  /** absolute path, for display */
  path: string;
  /** file name */
  name: string;
  text: string;
  /** unsaved text of an earlier session that differs from the file, or null */
  recovered: string | null;
}

export type SaveOutcome =
  | { status: "saved"; path: string; name: string }
  | { status: "cancelled" };

export interface RecentFile {
  path: string;
  name: string;
}

const menuItem = v.object({
  /** id of the action it runs */
  id: v.pipe(v.string(), v.regex(/^[a-z][a-zA-Z.]*$/)),
  label: v.string(),
  /** Electron accelerator, shown beside the label; the page handles the key itself */
  accelerator: v.nullable(v.string()),
  enabled: v.boolean(),
  /** a line above it */
  separated: v.boolean(),
});

const menu = v.object({ label: v.string(), items: v.array(menuItem) });
export type MenuDescription = v.InferOutput<typeof menu>;

const fileName = v.pipe(v.string(), v.regex(/^[^\\/:\0]{1,200}$/, "a file name without folders"));
const relativePath = v.pipe(
  v.string(),
  v.check((path) => path.split("/").every((part) => part !== "" && part !== "." && part !== ".." && !/[\\:\0]/.test(part)), "a relative path"),
);
const bytes = v.custom<Uint8Array>((value) => value instanceof Uint8Array, "bytes");
const contents = v.union([v.string(), bytes]);
const key = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const writer = v.pipe(v.number(), v.integer());

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
  /** The notebook this window was opened for, or null for the start page. */
  "document.initial": channel<[], OpenedDocument | null>(none),
  /** Asks for a file. Resolves with it when it opens in this window, null when it went elsewhere or nowhere. */
  "document.open": channel<[], OpenedDocument | null>(none),
  "document.openPath": channel<[path: string], OpenedDocument | null>(v.tuple([v.string()])),
  "document.openRecent": channel<[path: string], OpenedDocument | null>(v.tuple([v.string()])),
  "document.recent": channel<[], RecentFile[]>(none),
  /** Writes the window's file; asks for a name first when it has none, or when `as` is true. */
  "document.save": channel<[text: string, options: { as: boolean; suggestedName: string }], SaveOutcome>(
    v.tuple([v.string(), v.object({ as: v.boolean(), suggestedName: fileName })]),
  ),
  /** Keeps unsaved text beside the user's data, so that a crash loses nothing; null forgets it. */
  "document.recovery": channel<[text: string | null], void>(v.tuple([v.nullable(v.string())])),
  "window.state": channel<[state: { title: string; dirty: boolean; pristine: boolean; activeRuns: number }], void>(
    v.tuple([v.object({ title: v.string(), dirty: v.boolean(), pristine: v.boolean(), activeRuns: v.pipe(v.number(), v.integer(), v.minValue(0)) })]),
  ),
  "window.new": channel<[], void>(none),
  /** Answers `closing`: the window may go now, or stays. */
  "window.closed": channel<[proceed: boolean], void>(v.tuple([v.boolean()])),
  "menu.set": channel<[menus: MenuDescription[]], void>(v.tuple([v.array(menu)])),
  /** Asks where, then writes one file. Resolves with its path, or null. */
  "export.file": channel<[name: string, contents: FileContents], string | null>(v.tuple([fileName, contents])),
  /** Asks for a folder, then writes files below it. */
  "export.folder": channel<[files: { path: string; contents: FileContents }[]], string | null>(
    v.tuple([v.array(v.object({ path: relativePath, contents }))]),
  ),
  /** Prints a self-contained HTML page to a PDF file. */
  "export.pdf": channel<[name: string, html: string], string | null>(v.tuple([fileName, v.string()])),
  "link.open": channel<[url: string], void>(v.tuple([v.string()])),

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
  "writer.append": channel<[writer: number, events: MetricEvent[]], void>(v.tuple([writer, v.array(metricEvent)])),
  "writer.saveCheckpoint": channel<[writer: number, bytes: Uint8Array], void>(v.tuple([writer, bytes])),
  "writer.finish": channel<[writer: number, result: StoredResult, weights: Uint8Array | null], void>(
    v.tuple([writer, storedResult, v.nullable(bytes)]),
  ),
  "writer.reset": channel<[writer: number], void>(v.tuple([writer])),
  "writer.release": channel<[writer: number], void>(v.tuple([writer])),
  /** Says in the manifest of the window's store which run is which arm. */
  "store.keepNames": channel<[names: KeptNames], void>(v.tuple([v.object({ notebook: fileName, budget: v.nullable(v.string()), experiments: v.array(namedExperiment) })])),

  /** Runs of all notebooks. */
  "runs.search": channel<[query: RunQuery, freshness: Freshness], FoundRuns>(v.tuple([runQuery, freshness])),
  /** All there is of one of them; only of stores that are known. */
  "runs.read": channel<[run: RunReference], ComparableRun>(v.tuple([runReference])),
};

export type Channels = typeof channels;
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
  /** Path of a file that a person dropped onto the page; "" for one that is not on disk. */
  pathOf(file: File): string;
}
