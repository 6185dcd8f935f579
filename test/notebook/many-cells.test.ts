/** A notebook of a thousand cells is computed in seconds: no step looks at every pair of them. */
import { describe, expect, test } from "vitest";
import { openSession, reduce, type SessionCommand, type SessionState, validityOf } from "../../experiments/notebook/cells/cells.ts";
import { compileNotebook } from "../../experiments/notebook/cells/compile.ts";
import { parseNotebook } from "../../experiments/notebook/file/markdown.ts";
import { orderCells, type Named } from "../../experiments/notebook/cells/order.ts";
import { chain } from "../hostile/bombs.ts";

/** Two seconds on a machine of one's own; with all pairs it was minutes there. */
const patience = 20_000;

describe("cells in a chain", () => {
  test("2,000 of them are read and ordered in seconds", () => {
    const begin = performance.now();
    const { cells, graph } = compileNotebook(parseNotebook(chain(2000)));
    expect(cells.filter(({ error }) => error)).toEqual([]);
    expect(graph.order).toEqual(cells.map(({ id }) => id));
    expect(performance.now() - begin).toBeLessThan(patience);
  });

  test("1,000 of them run one after the other, and know in seconds that they are stale", () => {
    let state: SessionState = openSession(chain(1000));
    const begin = performance.now();
    let ended = 0;
    const open: SessionCommand[] = [];
    const send = (event: Parameters<typeof reduce>[1]) => {
      const step = reduce(state, event);
      state = step.state;
      open.push(...step.commands);
    };
    send({ type: "trust" });
    for (let command = open.shift(); command; command = open.shift()) {
      if (command.type !== "evaluate") continue;
      ended++;
      send({ type: "ended", cell: command.cell.id, ticket: command.ticket, outcome: { status: "done" }, cached: false });
    }
    expect(ended).toBe(1000);
    send({ type: "edit", edit: { kind: "setSource", cell: "c0", source: "const v0 = 5;" } });
    const all = state.compiled.cells.map(({ id }) => validityOf(state, id));
    expect(all[0]).toMatchObject({ kind: "stale", reasons: [{ kind: "source" }] });
    expect(all[999]).toMatchObject({ kind: "stale", why: "#c0 changed" });
    expect(performance.now() - begin).toBeLessThan(3 * patience);
  });
});

test("the order is that of the file wherever reading allows it: the first ready cell comes first", () => {
  const readers: Named[] = Array.from({ length: 50 }, (_, n) => ({ id: `r${n}`, defines: [], reads: [n % 2 ? "x" : "y"] }));
  const cells = [...readers, { id: "y", defines: ["y"], reads: ["x"] }, { id: "x", defines: ["x"], reads: [] }];
  const odd = readers.filter((_, n) => n % 2 === 1).map(({ id }) => id);
  const even = readers.filter((_, n) => n % 2 === 0).map(({ id }) => id);
  expect(orderCells(cells).order).toEqual(["x", ...odd, "y", ...even]);
});
