/**
 * Runs inside the sandbox. Self-contained: the kernel evaluates this function's text there. Evaluates cells, holds the
 * values they share, and implements the module "switchyard".
 */
import type { SandboxSharing, Watched } from "./sharing.ts";
import type { SandboxStillness } from "./stillness.ts";
import type { SandboxValues } from "./values.ts";

/** What the host gives the sandbox: only text and numbers cross. */
export interface SandboxHost {
  /** → JSON: `{ "ok": true, "result": "<json>" }` or `{ "ok": false, "name", "message" }`; undefined where the cell has asked too often */
  experiment(title: string, spec: string): Promise<string> | undefined;
  display(item: string): void;
  log(level: string, text: string): void;
  /** token of the evaluation on whose behalf code is running now */
  owner(): number;
  /** the evaluation `token` has ended; `failure` is JSON of its error, or "" */
  settle(token: number, failure: string): void;
}

export interface SandboxParts {
  stillness: SandboxStillness;
  sharing: SandboxSharing;
  values: SandboxValues;
  inspect: (value: unknown) => string;
  arms: Record<string, unknown>;
  experimentValue: (json: string) => { id: string };
  /** figure function in a cell → figure */
  figures: Record<string, string>;
}

/** What the script of d3 and Plot evaluates to (`libraries/main.ts`): made from the console that their warnings go to. */
export type MakeLibraries = (console: object) => {
  modules: Record<string, object>;
  drawingOf(value: unknown): { svg: string } | { rows: Record<string, string>[] } | { text: string } | null;
};

type Factory = (scope: {
  api: object;
  cells: object;
  libraries: object;
}) => () => Promise<{ defined: Record<string, unknown>; last: unknown }>;

export function sandboxRuntime(host: SandboxHost, parts: SandboxParts) {
  const { stillness, sharing, values, inspect, arms, experimentValue, figures } = parts;
  const { isArray } = Array;
  const { assign, create, freeze, keys } = Object;
  const { apply } = Reflect;
  const { trim, slice, startsWith, endsWith } = String.prototype;
  const { has, get, set, delete: remove } = Map.prototype;
  const { get: getWeak, set: setWeak } = WeakMap.prototype;
  const text = String;
  const ErrorOf = Error;
  const TypeErrorOf = TypeError;
  const PromiseOf = Promise;
  /** characters of a spec as JSON; the longest that were ever written have some thousand */
  const longestSpec = 1_000_000;

  /** shared names → values */
  const shared = new Map<string, unknown>();
  /** names → what they hold that cannot be frozen */
  const watched = new Map<string, Watched[]>();
  /** what our own functions made → how it is shown; unforgeable, unlike a mark on the object */
  const shown = new WeakMap<object, string>();
  const experimentIds = new WeakMap<object, string>();
  /** d3 and Plot, once a cell has imported from them */
  let libraries: ReturnType<MakeLibraries> = { modules: {}, drawingOf: () => null };
  /** token → promises that its cell does not end before: experiments asked for, promises to be shown */
  const pending = new Map<number, Promise<unknown>[]>();

  const keep = <T extends object>(value: T, item: string): T => {
    apply(setWeak, shown, [value, item]);
    return value;
  };

  function awaitBeforeEnd(promise: Promise<unknown>): void {
    const list = apply(get, pending, [host.owner()]) as Promise<unknown>[] | undefined;
    if (list !== undefined) list[list.length] = promise;
  }

  function experiment(title: unknown, spec: unknown): Promise<unknown> {
    if (typeof title !== "string" || title === "") throw new TypeErrorOf("experiment(title, spec): the title must be text");
    if (typeof spec !== "object" || spec === null || isArray(spec))
      throw new TypeErrorOf("experiment(title, spec): the spec must be an object");
    const site = new ErrorOf();
    const encoded = values.encode(spec, "");
    if (encoded.length > longestSpec)
      throw new TypeErrorOf(`experiment(title, spec): the spec has ${encoded.length} characters; at most ${longestSpec} are read`);
    const answer = host.experiment(title, encoded);
    if (answer === undefined) throw new TypeErrorOf("this cell asks for too many experiments: make one with more arms, or several cells");
    const run = async () => {
      const reply = values.decode(await answer) as { ok: true; result: string } | { ok: false; name: string; message: string };
      if (!reply.ok) {
        const error = new ErrorOf(reply.message);
        error.name = reply.name;
        error.stack = site.stack;
        throw error;
      }
      const value = experimentValue(reply.result);
      apply(setWeak, experimentIds, [value, value.id]);
      return keep(value, `{"kind":"experiment","id":${values.encode(value.id, "id")}}`);
    };
    const promise = run();
    awaitBeforeEnd(promise);
    return promise;
  }

  function figureFunction(name: string, figure: string) {
    return (target: unknown, options: unknown = {}) => {
      const list = isArray(target) ? target : [target];
      if (list.length === 0) throw new TypeErrorOf(`${name}(): needs an experiment`);
      let ids = "";
      for (let i = 0; i < list.length; i++) {
        if (list[i] instanceof PromiseOf)
          throw new TypeErrorOf(`${name}(): this experiment is still a promise; write \`await\` before it, or use it in another cell`);
        const id = typeof list[i] === "object" && list[i] !== null ? apply(getWeak, experimentIds, [list[i]]) : undefined;
        if (id === undefined) throw new TypeErrorOf(`${name}(): needs an experiment (the value of experiment()), not ${inspect(list[i])}`);
        ids += (i > 0 ? "," : "") + values.encode(id, "id");
      }
      if (typeof options !== "object" || options === null || isArray(options))
        throw new TypeErrorOf(`${name}(experiment, options): the options must be an object`);
      const request = `{"figure":${values.encode(figure, "")},"experiments":[${ids}],"options":${values.encode(options, "options")}}`;
      return keep(freeze({ figure }), `{"kind":"figure","request":${request}}`);
    };
  }

  const isCell = (value: unknown) => value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean";

  /** Rows of plain values as a table, columns in the order in which they first appear; null where it is no table. */
  function tableItem(rows: unknown): string | null {
    if (!isArray(rows) || rows.length === 0) return null;
    const columns: string[] = [];
    const seen = new Map<string, number>();
    for (let i = 0; i < rows.length; i++) {
      const row: unknown = rows[i];
      if (typeof row !== "object" || row === null || isArray(row) || apply(getWeak, shown, [row]) !== undefined) return null;
      const names = keys(row);
      if (names.length === 0) return null;
      for (let j = 0; j < names.length; j++) {
        if (!isCell((row as Record<string, unknown>)[names[j]]) && (row as Record<string, unknown>)[names[j]] !== undefined) return null;
        if (apply(has, seen, [names[j]])) continue;
        apply(set, seen, [names[j], columns.length]);
        columns[columns.length] = names[j];
      }
    }
    const body: unknown[][] = [];
    for (let i = 0; i < rows.length; i++) {
      const cells: unknown[] = [];
      for (let j = 0; j < columns.length; j++) cells[j] = rows[i][columns[j]] ?? null;
      body[i] = cells;
    }
    return `{"kind":"table","columns":${values.encode(columns, "columns")},"rows":${values.encode(body, "rows")}}`;
  }

  function table(rows: unknown) {
    if (typeof rows === "object" && rows !== null && apply(getWeak, experimentIds, [rows]) !== undefined) return comparisonTable(rows);
    const item = tableItem(rows);
    if (item === null) throw new TypeErrorOf("table(rows): needs a list of objects whose values are text, numbers, true, false or null");
    return keep(freeze({ table: rows }), item);
  }

  const textItem = (shownText: string) => `{"kind":"text","text":${values.encode(shownText, "text")}}`;
  const svgItem = (markup: string) => `{"kind":"svg","svg":${values.encode(markup, "svg")}}`;

  function svg(markup: unknown) {
    if (typeof markup !== "string") throw new TypeErrorOf("svg(markup): needs text");
    return keep(freeze({ svg: markup }), svgItem(markup));
  }

  function itemOf(value: unknown): string {
    if (typeof value === "object" && value !== null) {
      const item = apply(getWeak, shown, [value]);
      if (item !== undefined) return item;
      const drawing = libraries.drawingOf(value);
      if (drawing !== null)
        return "svg" in drawing
          ? svgItem(drawing.svg)
          : "rows" in drawing
            ? (tableItem(drawing.rows) ?? textItem("a table without rows"))
            : textItem(drawing.text);
    }
    if (typeof value === "string") {
      const markup = apply(trim, value, []) as string;
      if (apply(startsWith, markup, ["<svg"]) && apply(endsWith, markup, ["</svg>"])) return svgItem(markup);
    }
    return tableItem(value) ?? textItem(inspect(value));
  }

  /** Shows a value; a promise is shown when it is there. */
  function display(value: unknown): void {
    if (value instanceof PromiseOf) {
      awaitBeforeEnd((async () => host.display(itemOf(await value)))());
    } else host.display(itemOf(value));
  }

  const logger =
    (level: string) =>
    (...items: unknown[]) => {
      let line = "";
      for (let i = 0; i < items.length; i++) line += (i > 0 ? " " : "") + inspect(items[i]);
      host.log(level, line);
    };
  const console = freeze({ log: logger("log"), info: logger("info"), debug: logger("info"), warn: logger("warn"), error: logger("error") });

  const comparisonTable = figureFunction("table", figures.comparisonTable);
  const module: Record<string, unknown> = assign({}, arms, { experiment, display, table, svg });
  for (const name of keys(figures)) module[name] = figureFunction(name, figures[name]);
  freeze(module);
  const api = freeze(assign(create(null), module, { console }));

  function failure(error: unknown): string {
    let name = "Error";
    let message: string;
    let stack = "";
    try {
      if (error instanceof ErrorOf) {
        name = text(error.name);
        message = text(error.message);
        stack = typeof error.stack === "string" ? error.stack : "";
      } else if (error === null) {
        // What the machine throws when it has not even the memory for an error.
        name = "InternalError";
        message = "out of memory";
      } else message = inspect(error);
    } catch {
      message = "the error that was thrown cannot be read";
    }
    const cut = (value: string) => values.encode(apply(slice, value, [0, 4000]), "");
    return `{"name":${cut(name)},"message":${cut(message)},"stack":${cut(stack)}}`;
  }

  /** Evaluates a compiled cell: its names are shared once everything it waits for has come. */
  async function run(token: number, factory: Factory, reads: string, dry: boolean, seed: string): Promise<void> {
    const waits: Promise<unknown>[] = [];
    apply(set, pending, [token, waits]);
    stillness.begin(token, seed);
    let names: string[] = [];
    try {
      const cells = create(null);
      names = values.decode(reads) as string[];
      for (let i = 0; i < names.length; i++) cells[names[i]] = apply(get, shared, [names[i]]);
      const outcome = await factory({ api, cells, libraries: libraries.modules })();
      if (outcome.last !== undefined) display(outcome.last);
      const arrived = await settled(outcome.defined, waits);
      refuseChanges(names);
      if (!dry)
        for (const name in arrived) {
          apply(set, watched, [name, sharing.seal(arrived[name])]);
          apply(set, shared, [name, arrived[name]]);
        }
      host.settle(token, "");
    } catch (error) {
      try {
        refuseChanges(names);
        host.settle(token, failure(error));
      } catch (change) {
        host.settle(token, failure(change));
      }
    }
    apply(remove, pending, [token]);
    stillness.end(token);
  }

  /** A cell that changed what it read would show something else each time it runs: what it changed is put back, and it fails. */
  function refuseChanges(names: readonly string[]): void {
    let changed = "";
    for (let i = 0; i < names.length; i++) {
      const lists = (apply(get, watched, [names[i]]) as Watched[] | undefined) ?? [];
      for (let j = 0; j < lists.length; j++) if (sharing.restore(lists[j])) changed = names[i];
    }
    if (changed !== "") throw new TypeErrorOf(`\`${changed}\` is read-only`);
  }

  /**
   * The values of all promises. Waits for every one of them, so that all experiments of a cell are known when the first
   * is refused; of several errors a real one comes before "not in plan mode".
   */
  async function settled(defined: Record<string, unknown>, waits: Promise<unknown>[]): Promise<Record<string, unknown>> {
    const arrived = create(null) as Record<string, unknown>;
    const errors: unknown[] = [];
    const names = keys(defined);
    for (let i = 0; i < names.length; i++) {
      try {
        arrived[names[i]] = await defined[names[i]];
      } catch (error) {
        errors[errors.length] = error;
      }
    }
    for (let i = 0; i < waits.length; i++) {
      try {
        await waits[i];
      } catch (error) {
        errors[errors.length] = error;
      }
    }
    for (let i = 0; i < errors.length; i++) if (!isPlanOnly(errors[i])) throw errors[i];
    if (errors.length > 0) throw errors[0];
    return arrived;
  }

  const isPlanOnly = (error: unknown) => error instanceof ErrorOf && error.name === "PlanOnly";

  function provide(make: MakeLibraries): void {
    libraries = make(console);
    const names = keys(libraries.modules);
    for (let i = 0; i < names.length; i++) freeze(libraries.modules[names[i]]);
  }

  function forget(names: string): void {
    const list = values.decode(names) as string[];
    for (let i = 0; i < list.length; i++) {
      apply(remove, shared, [list[i]]);
      apply(remove, watched, [list[i]]);
    }
  }

  return { run, provide, forget, enter: stillness.enter };
}
