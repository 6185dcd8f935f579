/** Arguments that a hostile page would send: none of the shape asked for, almost of it, and of it with malicious contents. */
import type { ChannelName } from "../../electron/ipc/channels.ts";
import { semantics } from "../../engine/model/config.ts";
import { hash, plan } from "../runs/plans.ts";

export interface Targets {
  home: string;
  chosen: string;
  /** id of the document that the window holds */
  document: string;
}

/** Of numbers between 0 and 1; the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class Malice {
  private readonly random: () => number;
  private readonly targets: Targets;
  private readonly runs = plan({ seeds: 3 }).runs;

  constructor(seed: number, targets: Targets) {
    this.random = randomFrom(seed);
    this.targets = targets;
  }

  chance = (p: number): boolean => this.random() < p;
  pick = <T>(from: readonly T[]): T => from[Math.floor(this.random() * from.length)];

  path(): string {
    const { home, chosen } = this.targets;
    return this.pick([
      `${home}/.bashrc`,
      `${home}/.ssh/id_rsa`,
      `${home}/diary.md`,
      `${home}/old.ipynb`,
      `${home}/link.md`,
      `${home}/pipe.md`,
      `${home}/other.results`,
      `${chosen}/../../home/diary.md`,
      "../home/diary.md",
      "..\\home\\diary.md",
      "/etc/passwd",
      "/dev/zero",
      "/proc/self/environ",
      "file:///etc/passwd",
      `${home}/diary.md\0.md`,
      "C:\\Windows\\win.ini",
      "\\\\server\\share\\a.md",
      "~/.bashrc",
      "",
      ".",
      "/",
    ]);
  }

  private text(): string {
    return this.pick([
      "",
      "x",
      "__proto__",
      "constructor",
      "prototype",
      "toString",
      "\0",
      "\ud800",
      "a\u202egnp.exe",
      "CON",
      "x".repeat(5000),
      "'; DROP TABLE runs; --",
      "${process.exit(1)}",
      "../".repeat(50),
      "NaN",
      "%2e%2e%2f",
      "\r\n\r\n# x",
      "<img src=x onerror=alert(1)>",
      "text",
      this.path(),
    ]);
  }

  private url(): string {
    return this.pick([
      "https://evil.example/?secret",
      "http://evil.example",
      "file:///etc/passwd",
      "javascript:alert(1)",
      "smb://x/y",
      "https://a:b@c.example/",
      "https://",
      "vscode://x",
      "https://evil.example/\r\nx",
      this.text(),
    ]);
  }

  private number(): number {
    return this.pick([0, 1, 2, -1, 0.5, NaN, Infinity, -Infinity, 2 ** 53, 1e308, -0, 2 ** 31]);
  }

  /** anything that can be cloned */
  anything(depth = 0): unknown {
    const kinds: (() => unknown)[] = [
      () => this.text(),
      () => this.number(),
      () => null,
      () => undefined,
      () => true,
      () => 10n ** 30n,
      () => new Date(NaN),
      () => new Map([["__proto__", 1]]),
      () => new Set([1]),
      () => new Uint8Array(8),
      () => new ArrayBuffer(4),
      () => /x/,
      () => new Error("x"),
      () => Object.assign(Object.create(null), { a: 1 }) as unknown,
      () => JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}') as unknown,
      () => Array.from({ length: 3 }, () => 1),
      () => new Array(1000).fill(this.text()),
      () => this.nested(),
      ...(depth < 3
        ? [() => [this.anything(depth + 1), this.anything(depth + 1)], () => ({ [this.text()]: this.anything(depth + 1), length: 1e9 })]
        : []),
    ];
    return this.pick(kinds)();
  }

  private nested(): unknown {
    let value: unknown = 1;
    const levels = this.pick([10, 100, 1000]);
    for (let i = 0; i < levels; i++) value = this.chance(0.5) ? [value] : { a: value };
    return value;
  }

  private record(): unknown {
    const { key, seed, config } = this.pick(this.runs);
    const record = { key, semantics, dataHash: hash, seed, backend: "cpu", config };
    if (this.chance(0.3)) return record;
    return this.pick<unknown>([
      { ...record, key: "0".repeat(64) },
      { ...record, key: "../".padEnd(64, "a") },
      { ...record, config: { ...config, extra: this.anything() } },
      { ...record, backend: this.text() },
      { ...record, seed: { init: this.number(), data: this.number() } },
      { ...record, dataHash: this.text() },
      { ...record, semantics: this.number() },
    ]);
  }

  private key = (): unknown =>
    this.pick<unknown>([this.pick(this.runs).key, "f".repeat(64), "../".padEnd(64, "0"), "F".repeat(64), this.text()]);
  private id = (): string =>
    this.pick([this.targets.document, "00000000-0000-0000-0000-000000000000", "0123456789abcdef", "../../../home/diary", this.text()]);
  private event = (): unknown => ({
    kind: this.pick(["step", "eval", "x"]),
    step: this.number(),
    tokens: 1,
    seconds: this.number(),
    trainLoss: this.number(),
    mtpLoss: [this.number()],
    balanceLoss: 0,
    gradNorm: NaN,
    clipped: false,
    skipped: true,
    lr: 1,
    maxVioBatch: 1,
  });
  private file = (): unknown => ({
    path: this.pick([
      "report.md",
      "figures/a.svg",
      "../x.md",
      "/etc/x.md",
      "a/b/c/d.md",
      ".bashrc",
      "a.sh",
      "x.desktop",
      "..",
      "a\0.md",
      this.text(),
    ]),
    contents: this.pick<unknown>(["text", new Uint8Array(4), this.anything()]),
  });
  private result = (): unknown => ({
    key: this.key(),
    status: this.pick(["done", "failed", "x"]),
    error: null,
    divergedAt: null,
    steps: 1,
    tokens: 1,
    seconds: this.number(),
    provenance: null,
    metrics: this.chance(0.5) ? null : this.anything(),
  });
  private experiment = (): unknown => ({
    id: this.text(),
    title: this.text(),
    runs: [{ key: this.key(), arm: this.text(), seed: this.number(), status: this.text() }],
  });

  /** Of the shape that the channel asks for, more or less. */
  private shaped(name: ChannelName): unknown[] {
    const options = { as: this.chance(0.5), suggestedName: this.text() };
    switch (name) {
      case "document.new":
        return [this.text()];
      case "document.openRecent":
        return [this.path()];
      case "document.openDropped":
        return this.chance(0.5) ? [] : [this.path()];
      // What the window's own document is saved with is the page's to say; only other documents are under attack.
      case "document.save":
        return [this.pick(["00000000-0000-0000-0000-000000000000", "0123456789abcdef", this.text()]), "overwritten", options];
      case "document.recovery":
        return [this.id(), this.chance(0.5) ? null : this.text()];
      case "document.recover":
      case "document.discard":
        return [this.id()];
      case "document.restored":
        return [this.id(), this.id()];
      case "window.state":
        return [{ title: this.text(), dirty: this.chance(0.5), pristine: this.chance(0.5), activeRuns: this.number() }];
      case "window.closed":
        return [this.chance(0.9) ? false : this.anything() === null];
      case "menu.set":
        return [
          [
            {
              label: this.text(),
              items: [
                {
                  id: this.pick(["a.b", this.text()]),
                  label: this.text(),
                  accelerator: this.pick([null, "Ctrl+S", this.text()]),
                  enabled: true,
                  separated: false,
                },
              ],
            },
          ],
        ];
      case "export.file":
        return [this.pick(["a.html", "a.sh", ".bashrc", "a.md", this.text()]), this.pick<unknown>(["text", this.anything()])];
      case "export.folder":
        return [[this.file(), this.file()]];
      case "export.pdf":
        return [this.pick(["a.pdf", this.text()]), this.text()];
      case "link.open":
        return [this.url()];
      case "store.find":
      case "store.events":
      case "store.weights":
        return [this.key()];
      case "store.open":
        return [this.record()];
      case "writer.append":
        return [this.writer(), [this.event()]];
      case "writer.saveCheckpoint":
        return [this.writer(), this.pick<unknown>([new Uint8Array(16), this.anything()])];
      case "writer.finish":
        return [this.writer(), this.result(), null];
      case "writer.checkpoint":
      case "writer.events":
      case "writer.reset":
      case "writer.release":
        return [this.writer()];
      case "store.keepNames":
        return [{ notebook: this.text(), budget: this.pick([null, this.text()]), experiments: [this.experiment()] }];
      case "runs.search":
        return [
          {
            words: this.chance(0.5) ? [] : [this.text()],
            where: this.pick([
              null,
              null,
              this.text(),
              "1 = 1 UNION SELECT 1",
              "arm = 'a'); ATTACH '/tmp/x' AS x; --",
              "load_extension('x')",
            ]),
            order: this.chance(0.5) ? null : { by: this.pick(["seed", "lr", this.text()]), descending: true },
            offset: this.pick([0, 0, this.number()]),
            limit: this.pick([null, 10, this.number()]),
          },
          this.pick(["known", "known", "refreshed", "x"]),
        ];
      case "runs.read":
        return [{ store: this.path(), key: this.key() }];
      default:
        return [];
    }
  }

  private writer = (): number => (this.chance(0.6) ? Math.floor(this.random() * 50) : this.number());

  arguments(name: ChannelName): unknown[] {
    if (this.chance(0.3)) return Array.from({ length: Math.floor(this.random() * 4) }, () => this.anything());
    const shaped = this.shaped(name);
    // One part of it replaced, or one too many.
    if (this.chance(0.3) && shaped.length > 0) shaped[Math.floor(this.random() * shaped.length)] = this.anything();
    if (this.chance(0.05)) shaped.push(this.anything());
    return shaped;
  }
}
