/**
 * One QuickJS virtual machine in its own WebAssembly memory. It has the language's built-ins, the host functions given
 * here, and nothing else; only text and numbers cross. All code in it runs in turns, each on behalf of one owner whose
 * computing time is counted and limited.
 */
import variant from "@jitl/quickjs-singlefile-mjs-release-sync";
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
} from "quickjs-emscripten-core";
import { sandboxSource } from "../../api/sandbox-api.ts";

/**
 * Bytes of the machine's own stack: about 1,400 calls deep. Much more would let deep nesting overflow the host's stack
 * first (a thread has about 1 MB of it), which costs the whole sandbox instead of an exception.
 */
const stackBytes = 256 * 1024;
/** What the machine needs for itself, besides what cells may hold. */
const ownBytes = 16 * 1024 * 1024;
const pageBytes = 64 * 1024;
/** Experiments one evaluation may ask for. */
const mostExperiments = 1000;
/** Jobs (continuations of promises) between looks at the clock and the host's event loop. */
const jobsPerSlice = 1024;
const sliceMilliseconds = 20;
/** How long a stopped owner's remaining jobs may still run before the sandbox is given up. */
const graceMilliseconds = 250;

/** On whose behalf code runs. */
export interface Owner {
  token: number;
  cell: string;
  /** values it defines stay in the evaluation */
  dry: boolean;
  /** milliseconds computed so far */
  used: number;
  /** milliseconds it may compute */
  limit: number;
  stopped: null | "time" | "interrupt";
  /** experiments asked for */
  asked: number;
  /** of those, not answered yet */
  waiting: number;
}

export interface SandboxEvents {
  experiment(owner: Owner, title: string, spec: string): Promise<string>;
  display(owner: Owner, item: string): void;
  log(owner: Owner, level: string, text: string): void;
  curves(id: string, metric: string): string;
  settle(token: number, failure: string): void;
  /** no more code of this owner can run before the host answers; `lost` where the machine did not survive the turn */
  turned(owner: Owner, lost: SandboxLostError | null): void;
  /** asked often while code runs */
  interrupted(owner: Owner): boolean;
  /** whose code starts running, null when it has ended; a watchdog on another thread may want to know */
  running(owner: Owner | null): void;
}

/** The machine cannot be used any longer: it was brought down, or would not stop. */
export class SandboxLostError extends Error {
  override name = "SandboxLostError";
}

export class Sandbox {
  private readonly events: SandboxEvents;
  private readonly runtime: QuickJSRuntime;
  private readonly context: QuickJSContext;
  private readonly runFunction: QuickJSHandle;
  private readonly provideFunction: QuickJSHandle;
  private readonly forgetFunction: QuickJSHandle;
  private readonly enterFunction: QuickJSHandle;
  private owner: Owner | null = null;
  private sliceStart = Infinity;
  private stopAll = false;
  /** turns go one after the other, so that every continuation belongs to the turn that caused it */
  private queue: Promise<void> = Promise.resolve();
  private broken: SandboxLostError | null = null;
  private hasLibraries = false;

  static async open(memoryBytes: number, events: SandboxEvents): Promise<Sandbox> {
    // All of it from the start, and no more: a memory that grows while code runs would be exchanged under the host's hands
    // ("detached ArrayBuffer"), and one without a maximum grows to 2 GB. Pages nobody touches cost nothing.
    const pages = Math.ceil((memoryBytes + ownBytes) / pageBytes);
    const wasmMemory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    return new Sandbox((await newQuickJSWASMModuleFromVariant(newVariant(variant, { wasmMemory }))).newRuntime(), memoryBytes, events);
  }

  private constructor(runtime: QuickJSRuntime, memoryBytes: number, events: SandboxEvents) {
    this.events = events;
    this.runtime = runtime;
    runtime.setMemoryLimit(memoryBytes);
    runtime.setMaxStackSize(stackBytes);
    const context = (this.context = runtime.newContext());
    const start = context.evalCode(sandboxSource(), "switchyard").unwrap();
    const host = this.hostObject();
    const api = context.callFunction(start, context.undefined, host).unwrap();
    this.runFunction = context.getProp(api, "run");
    this.provideFunction = context.getProp(api, "provide");
    this.forgetFunction = context.getProp(api, "forget");
    this.enterFunction = context.getProp(api, "enter");
    for (const handle of [start, host, api]) handle.dispose();
    runtime.setInterruptHandler(() => this.mustStop());
  }

  /**
   * Starts a compiled cell; its end comes as `settle`.
   * @param name of the cell, for stack traces
   * @param seed of the evaluation's chance, hexadecimal
   * @param libraries the script of d3 and Plot where the cell needs it; evaluated once, on behalf of the first that does
   */
  run(owner: Owner, name: string, code: string, reads: readonly string[], seed: string, libraries: string | null = null): void {
    this.turn(owner, () => {
      const { context } = this;
      if (libraries !== null && !this.hasLibraries) {
        const problem = this.provide(libraries);
        if (problem) return this.failedStart(owner, problem);
      }
      const factory = context.evalCode(code, name);
      if (factory.error) return this.failedStart(owner, factory.error);
      const args = [
        context.newNumber(owner.token),
        factory.value,
        context.newString(JSON.stringify(reads)),
        owner.dry ? context.true : context.false,
        context.newString(seed),
      ];
      const started = context.callFunction(this.runFunction, context.undefined, ...args);
      for (const handle of args) handle.dispose();
      if (started.error) return this.failedStart(owner, started.error);
      started.value.dispose();
    });
  }

  /** @returns the error, where a cell has changed built-ins that the libraries need, or nothing is left of memory or time */
  private provide(script: string): QuickJSHandle | null {
    const made = this.context.evalCode(script, "libraries");
    if (made.error) return made.error;
    const provided = this.context.callFunction(this.provideFunction, this.context.undefined, made.value);
    made.value.dispose();
    if (provided.error) return provided.error;
    provided.value.dispose();
    this.hasLibraries = true;
    return null;
  }

  /** The code could not be read, or there was no memory or time left to start it. */
  private failedStart(owner: Owner, error: QuickJSHandle): void {
    const dumped: unknown = this.context.dump(error);
    error.dispose();
    const { name, message, stack } = (typeof dumped === "object" && dumped ? dumped : {}) as Record<string, unknown>;
    this.events.settle(owner.token, JSON.stringify({ name: name ?? "Error", message: message ?? String(dumped), stack: stack ?? "" }));
  }

  forget(names: readonly string[]): void {
    this.turn(nobody(), () => {
      const argument = this.context.newString(JSON.stringify(names));
      this.context.callFunction(this.forgetFunction, this.context.undefined, argument).dispose();
      argument.dispose();
    });
  }

  /** Whose chance is drawn from. */
  private enter({ token }: Owner): void {
    const argument = this.context.newNumber(token);
    this.context.callFunction(this.enterFunction, this.context.undefined, argument).dispose();
    argument.dispose();
  }

  private turn(owner: Owner, work: () => void): void {
    this.queue = this.queue.then(async () => {
      if (owner.stopped && !this.broken) return;
      this.owner = owner;
      try {
        if (this.broken) throw this.broken;
        this.slice(() => {
          this.enter(owner);
          work();
        });
        await this.drain(owner);
        this.events.turned(owner, null);
      } catch (error) {
        this.events.turned(owner, error instanceof SandboxLostError ? error : this.lose(String(error)));
      } finally {
        this.owner = null;
        this.stopAll = false;
      }
    });
  }

  /** Runs continuations until there are none left. The host's event loop gets a chance in between. */
  private async drain(owner: Owner): Promise<void> {
    let stoppedAt = 0;
    while (this.runtime.hasPendingJob()) {
      const begin = performance.now();
      do {
        this.slice(() => {
          const result = this.runtime.executePendingJobs(jobsPerSlice);
          if (result.error) result.error.dispose();
        });
        this.mustStop();
      } while (this.runtime.hasPendingJob() && !owner.stopped && performance.now() - begin < sliceMilliseconds);
      if (owner.stopped) {
        // From here every check interrupts; code that catches that and goes on is past saving.
        this.stopAll = true;
        stoppedAt ||= performance.now();
        if (performance.now() - stoppedAt > graceMilliseconds) throw this.lose("code in the sandbox would not stop");
      }
      if (this.runtime.hasPendingJob()) await nextMacrotask();
    }
  }

  /** A piece of uninterrupted running, its time counted. Exceptions of cells stay inside the machine: one out here broke it. */
  private slice(work: () => void): void {
    this.sliceStart = performance.now();
    this.events.running(this.owner);
    try {
      work();
    } catch (error) {
      throw this.lose(`the sandbox broke: ${(error as Error).message}`);
    } finally {
      this.events.running(null);
      if (this.owner) this.owner.used += performance.now() - this.sliceStart;
      this.sliceStart = Infinity;
    }
  }

  private lose(message: string): SandboxLostError {
    return (this.broken = new SandboxLostError(message));
  }

  private mustStop(): boolean {
    const { owner } = this;
    if (this.stopAll || !owner) return this.stopAll;
    if (!owner.stopped && this.events.interrupted(owner)) owner.stopped = "interrupt";
    if (!owner.stopped && owner.used + Math.max(0, performance.now() - this.sliceStart) > owner.limit) owner.stopped = "time";
    return owner.stopped !== null;
  }

  private hostObject(): QuickJSHandle {
    const { context, events } = this;
    const host = context.newObject();
    const define = (name: string, work: (owner: Owner, ...args: QuickJSHandle[]) => QuickJSHandle | void) => {
      const handle = context.newFunction(name, (...args) => work(this.owner ?? nobody(), ...args));
      context.setProp(host, name, handle);
      handle.dispose();
    };
    const string = (handle: QuickJSHandle) => context.getString(handle);
    define("display", (owner, item) => events.display(owner, string(item)));
    define("log", (owner, level, text) => events.log(owner, string(level), string(text)));
    define("owner", (owner) => context.newNumber(owner.token));
    define("settle", (_owner, token, failure) => events.settle(context.getNumber(token), string(failure)));
    define("curves", (_owner, id, metric) => context.newString(events.curves(string(id), string(metric))));
    define("experiment", (owner, title, spec) => {
      if (++owner.asked > mostExperiments) return context.undefined;
      const answer = context.newPromise();
      owner.waiting++;
      void events.experiment(owner, string(title), string(spec)).then((reply) => this.answer(owner, answer, reply));
      return answer.handle;
    });
    return host;
  }

  /** The host's answer, however late, continues the code that waits for it in a turn of its owner. */
  private answer(owner: Owner, promise: ReturnType<QuickJSContext["newPromise"]>, reply: string): void {
    this.turn(owner, () => {
      owner.waiting--;
      const text = this.context.newString(reply);
      promise.resolve(text);
      text.dispose();
      promise.dispose();
    });
  }
}

/** For turns that run no code of a cell. */
const nobody = (): Owner => ({ token: 0, cell: "", dry: true, used: 0, limit: Infinity, stopped: null, asked: 0, waiting: 0 });

const nextMacrotask = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
