/**
 * Malformed and malicious messages over every channel of the page's bridge, to the handlers and schemas that the app has,
 * with real files in a folder of its own. What a person has chosen is one notebook; everything else is a canary.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, lstatSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { channels, type ChannelName, type Reply } from "../../electron/ipc/channels.ts";
import { openDesk } from "./desk.ts";
import { BrowserWindow, person, press, send, sendDropped } from "./electron-double.ts";
import { Malice } from "./malice.ts";

export interface AttackReport {
  messages: number;
  /** by channel: how many were refused and how many answered */
  channels: Map<ChannelName, { refused: number; answered: number }>;
  /** what a page achieved; none is right */
  breaches: string[];
  /** MiB of heap more at the end than after the first tenth */
  growth: number;
  seconds: number;
}

/** Marks what must not come out. */
const marker = "CANARY-7f3a";

/** Milliseconds in which every message is answered. */
const patience = 20_000;

function layOut(folder: string): { home: string; chosen: string } {
  const home = join(folder, "home");
  mkdirSync(join(home, ".ssh"), { recursive: true });
  writeFileSync(join(home, ".bashrc"), `export ${marker}=1\n`);
  writeFileSync(join(home, ".ssh/id_rsa"), `-----BEGIN ${marker}-----\n`);
  writeFileSync(join(home, "diary.md"), `# ${marker}\n`);
  writeFileSync(join(home, "old.ipynb"), JSON.stringify({ nbformat: 4, cells: [{ cell_type: "markdown", source: marker }] }));
  mkdirSync(join(home, "other.results/runs/0123456789abcdef"), { recursive: true });
  writeFileSync(join(home, "other.results/runs/0123456789abcdef/config.json"), `{"${marker}":1}`);
  if (process.platform !== "win32") {
    symlinkSync(join(home, ".ssh/id_rsa"), join(home, "link.md"));
    spawnSync("mkfifo", [join(home, "pipe.md")]);
  }
  mkdirSync(join(folder, "work"));
  const chosen = join(folder, "work/mine.md");
  writeFileSync(chosen, "---\nswitchyard: 1\n---\nMine.\n");
  return { home, chosen };
}

/** Of every file, folder and link below. */
function fingerprint(folder: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(folder, name);
    const about = lstatSync(path);
    hash.update(`${name}\0${about.mode}\0${about.mtimeMs}\0${about.size}\0`);
    if (about.isFile()) hash.update(readFileSync(path));
    if (about.isSymbolicLink()) hash.update(readlinkSync(path));
  }
  return hash.digest("hex");
}

const prototypes = {
  Object: Object.prototype,
  Array: Array.prototype,
  Function: Function.prototype,
  String: String.prototype,
  Number: Number.prototype,
  Promise: Promise.prototype,
};
const touched = (): string =>
  Object.entries(prototypes)
    .map(([name, it]) => `${name}:${Reflect.ownKeys(it).map(String).sort().join()}`)
    .join("|");

const heap = (): number => {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

/** @param count messages in all, over every channel in turn */
export async function attack(count: number, seed = 1): Promise<AttackReport> {
  const folder = mkdtempSync(join(tmpdir(), "switchyard-attack-"));
  const { home, chosen } = layOut(folder);
  const environment = { ...process.env };
  Object.assign(process.env, { HOME: home, XDG_DATA_HOME: join(folder, "data") });
  const breaches: string[] = [];
  const crash = (error: unknown): void => void breaches.push(`main crashed: ${error instanceof Error ? error.stack : String(error)}`);
  process.on("uncaughtException", crash).on("unhandledRejection", crash);
  const quiet = console.warn;
  console.warn = () => {};
  try {
    const desk = openDesk(join(folder, "user"));
    const window = (await desk.windows.create({ path: chosen, copy: null })).id;
    const bystander = (await desk.windows.create(null)).id;
    const { document } = await desk.ask(window, "document.initial");
    const before = { home: fingerprint(home), prototypes: touched(), outside: readdirSync(folder).sort().join() };
    const names = Object.keys(channels) as ChannelName[];
    const malice = new Malice(seed, { home, chosen, document: document!.id });
    const report = new Map(names.map((name) => [name, { refused: 0, answered: 0 }]));
    const started = performance.now();
    let early = 0;
    for (let i = 0; i < count; i++) {
      const name = names[i % names.length];
      // Now and then the person does something, or the message comes from a frame that is not ours.
      if (malice.chance(0.3)) press(malice.chance(0.5) ? window : bystander);
      const from = malice.chance(0.02)
        ? { url: malice.pick(["https://evil.example/", "file:///x", "app://elsewhere/", "about:blank"]) }
        : malice.chance(0.02)
          ? { nested: true }
          : {};
      if (malice.chance(0.02)) sendDropped(window, malice.path(), { url: "https://evil.example/" });
      const args = malice.arguments(name);
      const refusesAll = Object.keys(from).length > 0;
      // The window keeps the notebook that the person has chosen: what would take its place goes to the other one.
      const target = name !== "document.new" && malice.chance(0.6) ? window : bystander;
      const reply = await answered(send(target, name, args, from), name);
      if (typeof reply === "string") breaches.push(reply);
      else {
        report.get(name)![reply.ok ? "answered" : "refused"]++;
        if (reply.ok && refusesAll) breaches.push(`${name} answered a page that is not ours`);
        const said =
          JSON.stringify(reply, (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value)) ??
          "";
        if (said.includes(marker)) breaches.push(`${name} gave away a file: ${said.slice(0, 200)}`);
      }
      // A window that was opened is asked what it shows: its page would be as hostile.
      for (const extra of BrowserWindow.all.filter(({ webContents: { id } }) => id !== window && id !== bystander)) {
        if (JSON.stringify(await send(extra.webContents.id, "document.initial", [])).includes(marker))
          breaches.push(`${name} opened a window on a file that nobody has chosen`);
        extra.destroy();
      }
      if (breaches.length > 20) break;
      if (i === Math.floor(count / 10)) early = heap();
    }
    if (fingerprint(home) !== before.home) breaches.push("a file that nobody has chosen was changed");
    if (touched() !== before.prototypes) breaches.push("a prototype was touched");
    const allowed = new Set([...before.outside.split(","), "data"]);
    for (const extra of readdirSync(folder)) if (!allowed.has(extra)) breaches.push(`${extra} was made outside of what is the app's`);
    for (const extra of readdirSync(join(folder, "work")))
      if (!["mine.md", "mine.results"].includes(extra)) breaches.push(`${extra} was made beside the notebook`);
    if (person.seen.some((it) => it.startsWith("link "))) breaches.push("a link was opened that nobody has confirmed");
    return { messages: count, channels: report, breaches, growth: heap() - early, seconds: (performance.now() - started) / 1000 };
  } finally {
    console.warn = quiet;
    process.off("uncaughtException", crash).off("unhandledRejection", crash);
    for (const window of [...BrowserWindow.all]) window.destroy();
    process.env.HOME = environment.HOME;
    if (environment.XDG_DATA_HOME === undefined) delete process.env.XDG_DATA_HOME;
    else process.env.XDG_DATA_HOME = environment.XDG_DATA_HOME;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

async function answered(reply: Promise<unknown>, name: ChannelName): Promise<Reply<unknown> | string> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>(
    (resolve) => (timer = setTimeout(() => resolve(`${name} did not answer within ${patience / 1000} s`), patience)),
  );
  try {
    const answer = await Promise.race([reply, late]);
    return typeof answer === "string" ? answer : (answer as Reply<unknown>);
  } catch (error) {
    return `${name} threw instead of answering: ${error instanceof Error ? error.stack : String(error)}`;
  } finally {
    clearTimeout(timer);
  }
}
