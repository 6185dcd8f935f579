import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  openSession,
  reduce,
  type SessionCommand,
  type SessionEvent,
  type SessionState,
  statusOf,
  validityOf,
} from "../../experiments/notebook/cells/cells.ts";
import { compileCells } from "../../experiments/notebook/cells/compile.ts";
import type { CellOutcome } from "../../experiments/notebook/kernel/protocol.ts";
import { cellsOf } from "../../experiments/notebook/file/markdown.ts";

const train = (name: string, spec = "{}") => `import { experiment } from "switchyard";\nexport const ${name} = experiment("T", ${spec});`;

function notebook(cells: Record<string, string>): string {
  return `---\nswitchyard: 1\n---\n${Object.entries(cells)
    .map(([id, source]) => `\`\`\`ts {#${id}}\n${source}\n\`\`\`\n`)
    .join("\n")}`;
}

/** Drives the reducer and remembers what it commanded. */
class Driver {
  state: SessionState;
  commands: SessionCommand[] = [];

  constructor(cells: Record<string, string>, options: Parameters<typeof openSession>[1] = { trusted: true }) {
    this.state = openSession(notebook(cells), options);
  }

  send(event: SessionEvent): SessionCommand[] {
    const step = reduce(this.state, event);
    this.state = step.state;
    this.commands.push(...step.commands);
    return step.commands;
  }

  edit(cell: string, source: string) {
    return this.send({ type: "edit", edit: { kind: "setSource", cell, source } });
  }

  run(cell: string, ancestors = false) {
    return this.send({ type: "run", cell, ancestors });
  }

  /** Ends the cell's evaluation under way. */
  end(cell: string, outcome: CellOutcome = { status: "done" }, cached = false) {
    return this.send({ type: "ended", cell, ticket: this.state.activity.get(cell)!.ticket, outcome, cached });
  }

  /** Ends everything under way, and what that starts, in order. */
  endAll() {
    for (let running = this.running(); running.length > 0; running = this.running()) this.end(running[0]);
  }

  running = () => [...this.state.activity].filter(([, activity]) => activity.status === "running").map(([id]) => id);
  validity = (cell: string) => validityOf(this.state, cell).kind;
  why = (cell: string) => (validityOf(this.state, cell) as { why?: string }).why;
  status = (cell: string) => statusOf(this.state, cell);
}

const evaluated = (commands: SessionCommand[]) =>
  commands.flatMap((command) => (command.type === "evaluate" ? [`${command.cell.id}${command.cachedOnly ? " (cached)" : ""}`] : []));
const kinds = (commands: SessionCommand[]) => commands.map((command) => command.type);

const study = { a: "const lr = 1", e: train("e", "{ lr }"), v: "const n = e.arms.length;", w: "n + lr" };

describe("opening", () => {
  test("nothing of an untrusted file runs, nothing is even looked up", () => {
    const driver = new Driver(study, { trusted: false });
    for (const event of [{ type: "settle" }, { type: "undo" }, { type: "settings", settings: "quick" }] as const)
      expect(driver.send(event)).toEqual([]);
    expect(driver.validity("a")).toBe("never");
  });

  test("trusting it runs the views that need no experiment, and asks the store for experiments as their inputs come", () => {
    const driver = new Driver(study, { trusted: false });
    expect(evaluated(driver.send({ type: "trust" }))).toEqual(["a"]);
    expect(driver.end("a")).toMatchObject([{ type: "lookUp", cell: { id: "e" } }]);
  });
});

describe("a view cell", () => {
  test("runs by itself when what it reads has a new value, one after the other", () => {
    const driver = new Driver(study);
    driver.run("a");
    expect(evaluated(driver.end("a"))).toEqual([]); // w also reads n, which has no value
    expect(evaluated(driver.run("e"))).toEqual(["e"]);
    expect(evaluated(driver.end("e"))).toEqual(["v"]);
    expect(evaluated(driver.end("v"))).toEqual(["w"]);
    driver.end("w");
    expect(["a", "e", "v", "w"].map(driver.validity)).toEqual(["fresh", "fresh", "fresh", "fresh"]);
  });

  test("waits for its person after its own text has changed", () => {
    const driver = new Driver({ a: "const x = 1", b: "x" });
    driver.run("b");
    driver.endAll();
    expect(evaluated([...driver.edit("b", "x + 1"), ...driver.send({ type: "settle" })])).toEqual([]);
    expect(driver.why("b")).toBe("its text changed");
  });

  test("does not run on a value that is itself out of date", () => {
    const driver = new Driver({ a: "const x = 1", b: "const y = 1", c: "x + y" });
    driver.run("c");
    driver.endAll();
    driver.edit("a", "const x = 2");
    driver.run("b");
    expect(evaluated(driver.end("b"))).toEqual([]);
    driver.run("a");
    expect(evaluated(driver.end("a"))).toEqual(["c"]);
  });

  test("that is running when its input changes starts again", () => {
    const driver = new Driver({ a: "const x = 1", b: "x" });
    driver.run("a");
    driver.end("a");
    expect(driver.status("b")).toBe("running");
    driver.edit("a", "const x = 2");
    driver.run("a");
    expect(kinds(driver.end("a"))).toEqual(["cancel", "evaluate"]);
  });

  test("asked for by a person, runs the views it needs first and says which experiment it lacks", () => {
    const driver = new Driver(study);
    expect(evaluated(driver.run("w"))).toEqual(["a"]);
    driver.endAll();
    expect(validityOf(driver.state, "w")).toMatchObject({
      kind: "failed",
      error: { name: "InputMissing", message: "`n` has no value yet: run #v first" },
    });
    expect(validityOf(driver.state, "v")).toMatchObject({ error: { message: "`e` has no value yet: run #e first" } });
    expect(driver.validity("e")).toBe("never");
  });

  test("with a compile error has failed and never runs", () => {
    const driver = new Driver({ a: "const x = ;" });
    expect(driver.validity("a")).toBe("failed");
    expect(driver.run("a")).toEqual([]);
  });
});

describe("an experiment cell", () => {
  test("never runs by itself, and says why it is stale", () => {
    const driver = new Driver(study);
    driver.run("e", true);
    driver.endAll();
    driver.edit("a", "const lr = 2");
    expect(driver.why("e")).toBe("#a changed");
    expect(driver.why("v")).toBe("#a changed"); // the root of it, not #e
    driver.run("a");
    driver.end("a");
    expect(driver.status("e")).toBe("idle");
    expect(driver.why("e")).toBe("#a changed");
    expect(driver.validity("v")).toBe("stale");
  });

  test("is fresh again when the change is undone", () => {
    const driver = new Driver(study);
    driver.run("e", true);
    driver.endAll();
    driver.edit("e", train("e", "{ lr: 7 }"));
    expect(driver.validity("e")).toBe("stale");
    driver.send({ type: "undo" });
    expect(driver.validity("e")).toBe("fresh");
    driver.send({ type: "redo" });
    expect(driver.validity("e")).toBe("stale");
  });

  test("is looked up in the store once typing pauses, and taken from there at once", () => {
    const driver = new Driver({ e: train("e"), v: "e" });
    driver.send({ type: "settle" });
    expect(driver.edit("e", train("e", "{ seeds: 1 }"))).toEqual([]);
    const [lookUp, ...more] = driver.send({ type: "settle" });
    expect(more).toEqual([]);
    expect(lookUp).toMatchObject({ type: "lookUp", cell: { id: "e" } });
    expect(driver.send({ type: "settle" })).toEqual([]); // not asked twice
    const { hash } = lookUp as SessionCommand & { type: "lookUp" };
    expect(evaluated(driver.send({ type: "found", cell: "e", hash, all: true }))).toEqual(["e (cached)"]);
    expect(evaluated(driver.end("e", { status: "done" }, true))).toEqual(["v"]);
    expect(driver.validity("e")).toBe("cached");
  });

  test("an answer for a text that has changed since is ignored", () => {
    const driver = new Driver({ e: train("e") });
    const [lookUp] = driver.send({ type: "settle" }) as (SessionCommand & { type: "lookUp" })[];
    driver.edit("e", train("e", "{ seeds: 1 }"));
    expect(driver.send({ type: "found", cell: "e", hash: lookUp.hash, all: true })).toEqual([]);
  });

  test("is stale when the budget changes; views are not", () => {
    const driver = new Driver({ e: train("e"), v: "1" });
    driver.run("e");
    driver.run("v");
    driver.endAll();
    driver.send({ type: "settings", settings: "smoke" });
    expect(driver.why("e")).toBe("the budget or the overrides changed");
    expect(driver.validity("v")).toBe("fresh");
  });

  test("runs with its stale ancestors when asked to", () => {
    const driver = new Driver({ a: "const x = 1", e: train("e", "{ x }"), f: train("f", "e.arms[0]"), g: "f" });
    driver.run("f", true);
    driver.endAll();
    expect(evaluated(driver.commands)).toEqual(["a", "e", "f", "g"]);
  });

  test("started again with the same text goes on; with another text it starts anew", () => {
    const driver = new Driver({ e: train("e") });
    driver.run("e");
    expect(driver.run("e")).toEqual([]);
    driver.edit("e", train("e", "{ seeds: 1 }"));
    expect(kinds(driver.run("e"))).toEqual(["cancel", "evaluate"]);
  });

  test("pauses and resumes", () => {
    const driver = new Driver({ e: train("e") });
    driver.run("e");
    driver.send({ type: "paused", cell: "e" });
    expect(driver.status("e")).toBe("paused");
    driver.send({ type: "resumed", cell: "e" });
    expect(driver.status("e")).toBe("running");
  });
});

describe("ending", () => {
  test("a cell edited while it ran ends stale", () => {
    const driver = new Driver({ e: train("e") });
    driver.run("e");
    driver.edit("e", train("e", "{ seeds: 1 }"));
    driver.end("e");
    expect(driver.validity("e")).toBe("stale");
  });

  test("failure and interruption are told apart, and readers do not run", () => {
    const error = { cell: "a", line: 1, column: 1, name: "Error", message: "no" };
    const driver = new Driver({ a: "const x = 1", b: "x", c: "1" });
    driver.run("a");
    expect(driver.end("a", { status: "failed", error })).toEqual([]);
    expect(validityOf(driver.state, "a")).toEqual({ kind: "failed", error });
    driver.run("c");
    driver.end("c", { status: "interrupted" });
    expect(driver.validity("c")).toBe("aborted");
  });

  test("a late end of an evaluation that was replaced is ignored", () => {
    const driver = new Driver({ a: "1" });
    driver.run("a");
    const { ticket } = driver.state.activity.get("a")!;
    driver.edit("a", "2");
    driver.run("a");
    driver.send({ type: "ended", cell: "a", ticket, outcome: { status: "done" }, cached: false });
    expect(driver.status("a")).toBe("running");
    expect(driver.validity("a")).toBe("never");
  });

  test("stop cancels what runs and forgets what is queued", () => {
    const driver = new Driver({ a: "const x = 1", b: "x" });
    driver.run("b");
    expect([driver.status("a"), driver.status("b")]).toEqual(["running", "queued"]);
    expect(kinds(driver.send({ type: "stop" }))).toEqual(["cancel"]);
    expect([driver.status("a"), driver.status("b"), driver.validity("a"), driver.validity("b")]).toEqual([
      "idle",
      "idle",
      "aborted",
      "never",
    ]);
  });
});

describe("editing", () => {
  test("deleting a running cell cancels it and drops its values", () => {
    const driver = new Driver({ a: "const x = 1" });
    driver.run("a");
    expect(kinds(driver.send({ type: "edit", edit: { kind: "deleteCell", cell: "a" } }))).toEqual(["cancel", "forget"]);
  });

  test("undoing a deletion brings the cell back, fresh, and computes its value again", () => {
    const driver = new Driver({ a: "const x = 1", b: "x" });
    driver.run("b");
    driver.endAll();
    driver.send({ type: "edit", edit: { kind: "deleteCell", cell: "a" } });
    expect(driver.validity("b")).toBe("failed"); // `x` is defined by no cell
    const commands = driver.send({ type: "undo" });
    expect([driver.validity("a"), driver.validity("b")]).toEqual(["fresh", "fresh"]);
    expect(evaluated(commands)).toEqual(["a"]);
  });

  test("keystrokes in one cell are one step to undo, until typing pauses", () => {
    const driver = new Driver({ a: "" });
    driver.edit("a", "1");
    driver.edit("a", "12");
    driver.send({ type: "settle" });
    driver.edit("a", "123");
    const source = () => cellsOf(driver.state.notebook)[0].source;
    driver.send({ type: "undo" });
    expect(source()).toBe("12");
    driver.send({ type: "undo" });
    expect(source()).toBe("");
    driver.send({ type: "undo" });
    driver.send({ type: "redo" });
    driver.send({ type: "redo" });
    expect(source()).toBe("123");
  });

  test("an edit that would swallow a cell is refused and changes nothing", () => {
    const driver = new Driver({ a: "1" });
    const before = driver.state.notebook.text;
    expect(driver.send({ type: "edit", edit: { kind: "insertProse", place: 0, text: "<!--" } })).toMatchObject([
      { type: "refuse", message: expect.stringContaining("#a") },
    ]);
    expect(driver.state.notebook.text).toBe(before);
  });

  test("a name that moves to another cell and back gives its readers the value of the cell that owns it", () => {
    const driver = new Driver({ c: "const x = 1", b: "x" });
    driver.run("b");
    driver.endAll();
    driver.send({ type: "edit", edit: { kind: "insertCell", place: 0, source: "const x = 2", id: "a" } });
    expect(driver.validity("c")).toBe("failed"); // #a comes first now and owns `x`
    driver.run("a");
    driver.endAll();
    expect(driver.validity("b")).toBe("fresh");
    driver.commands = [];
    driver.send({ type: "edit", edit: { kind: "deleteCell", cell: "a" } });
    driver.endAll();
    expect(evaluated(driver.commands)).toEqual(["c", "b"]);
  });
});

describe("a kernel that lost its values", () => {
  test("gets them back: views compute again, experiments come from the store, what was stale stays stale", () => {
    const driver = new Driver({ ...study, z: "1" });
    driver.run("e", true);
    driver.run("z");
    driver.endAll();
    driver.edit("z", "2");
    driver.commands = [];
    driver.send({ type: "kernelRestarted" });
    expect(["a", "e", "v", "w", "z"].map(driver.validity)).toEqual(["fresh", "fresh", "fresh", "fresh", "stale"]);
    driver.endAll();
    expect(evaluated(driver.commands)).toEqual(["a", "e (cached)", "v", "w"]);
  });

  test("is not made worse: what cannot be computed again keeps its result", () => {
    const driver = new Driver(study);
    driver.run("e", true);
    driver.endAll();
    driver.send({ type: "kernelRestarted" });
    driver.end("a", { status: "failed", error: { cell: "a", line: null, column: null, name: "Error", message: "no" } });
    expect([driver.validity("e"), driver.status("e")]).toEqual(["fresh", "idle"]);
  });
});

/**
 * The reducer against a simulation that knows nothing of fingerprints: it keeps the whole meaning of a value as text,
 * and asks what a fresh computation of every cell from the final text would give.
 */
describe("after any sequence of edits and runs", () => {
  // The first ones are the notebook at the start: a chain with an experiment in it.
  const sources = [
    "const x = 1",
    train("e", "{ a: x }"),
    "const y = e",
    "y + x",
    "const x = 2",
    "const y = x + 1",
    "const z = [e, y]",
    "z",
    train("e", "{ b: x }"),
    train("e"),
    "e",
    "const y = (",
    "x = 3",
  ];
  const ids = ["a", "b", "c", "d"];
  const operation = fc.oneof(
    { weight: 4, arbitrary: fc.record({ op: fc.constant("edit" as const), cell: fc.nat(7), source: fc.constantFrom(...sources) }) },
    { weight: 5, arbitrary: fc.record({ op: fc.constant("run" as const), cell: fc.nat(7), ancestors: fc.boolean() }) },
    {
      weight: 9,
      arbitrary: fc.record({
        op: fc.constant("end" as const),
        pick: fc.nat(7),
        how: fc.constantFrom("done", "done", "done", "done", "failed", "interrupted", "planned"),
      }),
    },
    { weight: 4, arbitrary: fc.record({ op: fc.constant("endAll" as const) }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant("insert" as const), place: fc.nat(7), source: fc.constantFrom(...sources) }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constantFrom("delete" as const, "moveUp" as const), cell: fc.nat(7) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        op: fc.constantFrom(
          "undo" as const,
          "redo" as const,
          "settle" as const,
          "stop" as const,
          "runAll" as const,
          "kernelRestarted" as const,
        ),
      }),
    },
    { weight: 1, arbitrary: fc.record({ op: fc.constant("settings" as const), settings: fc.constantFrom("", "smoke") }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant("found" as const), all: fc.boolean() }) },
  );

  class Simulation {
    driver = new Driver(Object.fromEntries(ids.map((id, i) => [id, sources[i]])));
    /** what the kernel holds: name → the cell that made it and what it means */
    values = new Map<string, { cell: string; meaning: string }>();
    last = new Map<string, { meaning: string; outcome: string }>();
    started = new Map<number, string>();
    asked: (SessionCommand & { type: "lookUp" })[] = [];

    send(event: SessionEvent) {
      for (const command of this.driver.send(event)) {
        if (command.type === "forget") this.forget(command.cell);
        if (command.type === "lookUp") this.asked.push(command);
        if (command.type !== "evaluate") continue;
        this.forget(command.cell.id);
        for (const name of command.cell.reads) {
          const owner = this.compiled().cells.find((cell) => cell.defines.includes(name))!.id;
          expect(this.values.get(name)?.cell, `#${command.cell.id} was started though \`${name}\` has no value`).toBe(owner);
        }
        this.started.set(
          command.ticket,
          this.meaning(command.cell.id, (name) => this.values.get(name)?.meaning ?? "missing"),
        );
      }
    }

    forget(cell: string) {
      for (const [name, value] of this.values) if (value.cell === cell) this.values.delete(name);
    }

    compiled = () => compileCells(cellsOf(this.driver.state.notebook).map(({ id, source }) => ({ id, source })));

    /** What a cell computes, given what the names it reads mean. */
    meaning(id: string, of: (name: string) => string): string {
      const cell = this.compiled().cells.find((candidate) => candidate.id === id)!;
      const { source } = cellsOf(this.driver.state.notebook).find((candidate) => candidate.id === id)!;
      return JSON.stringify([
        source,
        cell.kind === "experiment" ? this.driver.state.settings : "",
        cell.reads.map((name) => [name, of(name)]),
      ]);
    }

    /** A fresh computation of the whole text. */
    freshMeanings(): Map<string, string> {
      const { cells, graph } = this.compiled();
      const values = new Map<string, string>();
      const meanings = new Map<string, string>();
      for (const id of graph.order) {
        const meaning = this.meaning(id, (name) => values.get(name) ?? "missing");
        meanings.set(id, meaning);
        for (const name of cells.find((cell) => cell.id === id)!.defines)
          if (!values.has(name) || cells.find((cell) => cell.defines.includes(name))!.id === id) values.set(name, meaning);
      }
      return meanings;
    }

    apply(op: typeof operation extends fc.Arbitrary<infer T> ? T : never) {
      const cells = cellsOf(this.driver.state.notebook);
      const cellAt = (n: number) => cells[n % Math.max(1, cells.length)]?.id;
      switch (op.op) {
        case "edit":
          if (cells.length > 0) this.send({ type: "edit", edit: { kind: "setSource", cell: cellAt(op.cell), source: op.source } });
          return;
        case "run":
          if (cells.length > 0) this.send({ type: "run", cell: cellAt(op.cell), ancestors: op.ancestors });
          return;
        case "end": {
          const running = this.driver.running();
          if (running.length > 0) this.end(running[op.pick % running.length], op.how);
          return;
        }
        case "endAll":
          for (let running = this.driver.running(); running.length > 0; running = this.driver.running()) this.end(running[0], "done");
          return;
        case "insert":
          this.send({
            type: "edit",
            edit: { kind: "insertCell", place: op.place % (this.driver.state.notebook.blocks.length + 1), source: op.source },
          });
          return;
        case "delete":
          if (cells.length > 0) this.send({ type: "edit", edit: { kind: "deleteCell", cell: cellAt(op.cell) } });
          return;
        case "moveUp":
          if (cells.length > 0) this.send({ type: "edit", edit: { kind: "moveCell", cell: cellAt(op.cell), place: 0 } });
          return;
        case "settings":
          this.send({ type: "settings", settings: op.settings });
          return;
        case "found": {
          const asked = this.asked.pop();
          if (asked) this.send({ type: "found", cell: asked.cell.id, hash: asked.hash, all: op.all });
          return;
        }
        case "stop":
          for (const [id, activity] of this.driver.state.activity)
            if (activity.made) this.last.set(id, { meaning: this.started.get(activity.ticket)!, outcome: "interrupted" });
          this.send({ type: "stop" });
          return;
        case "kernelRestarted":
          this.values.clear();
          this.send({ type: "kernelRestarted" });
          return;
        default:
          this.send({ type: op.op });
      }
    }

    end(cell: string, how: string) {
      const { ticket } = this.driver.state.activity.get(cell)!;
      const meaning = this.started.get(ticket)!;
      if (how === "done") for (const name of this.startedCells.get(ticket)!) this.values.set(name, { cell, meaning });
      if (how !== "planned") this.last.set(cell, { meaning, outcome: how });
      const error = { cell, line: null, column: null, name: "Error", message: "no" };
      this.send({
        type: "ended",
        cell,
        ticket,
        cached: false,
        outcome: how === "failed" ? { status: "failed", error } : { status: how as "done" | "interrupted" | "planned" },
      });
    }

    /** names each started cell defines, as it was compiled then */
    get startedCells(): Map<number, readonly string[]> {
      return new Map(
        this.driver.commands.flatMap((command) => (command.type === "evaluate" ? [[command.ticket, command.cell.defines] as const] : [])),
      );
    }

    expectedValidity(id: string): string {
      if (this.compiled().cells.find((cell) => cell.id === id)!.error) return "failed";
      const last = this.last.get(id);
      if (!last) return "never";
      if (last.meaning !== this.freshMeanings().get(id)) return "stale";
      return { done: "fresh", failed: "failed", interrupted: "aborted" }[last.outcome]!;
    }

    check() {
      const { driver } = this;
      for (const { id } of cellsOf(driver.state.notebook)) {
        const validity = validityOf(driver.state, id);
        // A cell that was asked for and lacked a value never reached the kernel.
        if (validity.kind === "failed" && validity.error.name === "InputMissing") {
          this.last.set(id, { meaning: this.freshMeanings().get(id)!, outcome: "failed" });
          continue;
        }
        if (driver.state.records.get(id)?.error?.name === "InputMissing") continue;
        expect(`#${id} ${validity.kind}`).toBe(`#${id} ${this.expectedValidity(id)}`);
        if (validity.kind === "stale") expect(validity.why).not.toBe("");
      }
    }

    /** Where everything is quiet, no view waits that could run, and no reader has a value that its text would not give. */
    checkQuiet() {
      const { state } = this.driver;
      if (state.activity.size > 0) return;
      const { cells, graph } = this.compiled();
      for (const cell of cells) {
        const validity = validityOf(state, cell.id);
        if (cell.kind !== "view" || validity.kind !== "stale" || validity.reasons.some((reason) => reason.kind !== "upstream")) continue;
        const ready = graph.upstream
          .get(cell.id)!
          .every((source) => validityOf(state, source).kind === "fresh" && state.records.get(source)!.hasValue);
        expect(ready, `#${cell.id} could run`).toBe(false);
      }
    }
  }

  test("validity equals what a fresh computation from the text says, and no view that could run waits", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60, size: "max" }), (operations) => {
        const simulation = new Simulation();
        for (const op of operations) {
          simulation.apply(op);
          simulation.check();
          simulation.checkQuiet();
        }
      }),
      { numRuns: 400 },
    );
  });

  test("undoing everything gives the text of the start, redoing everything the text of the end", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
        const simulation = new Simulation();
        const start = simulation.driver.state.notebook.text;
        for (const op of operations) simulation.apply(op);
        while (simulation.driver.state.redo.length > 0) simulation.send({ type: "redo" });
        const end = simulation.driver.state.notebook.text;
        while (simulation.driver.state.undo.length > 0) simulation.send({ type: "undo" });
        expect(simulation.driver.state.notebook.text).toBe(start);
        while (simulation.driver.state.redo.length > 0) simulation.send({ type: "redo" });
        expect(simulation.driver.state.notebook.text).toBe(end);
      }),
      { numRuns: 100 },
    );
  });
});
