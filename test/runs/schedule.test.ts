import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  advance,
  emptySchedule,
  isEnded,
  maxLosses,
  type Schedule,
  type ScheduleCommand,
  type ScheduleEvent,
} from "../../experiments/runs/training/schedule.ts";

const submit = (ids: string[], study = "s", keys = ids): ScheduleEvent => ({
  type: "submit",
  study,
  runs: ids.map((id, i) => ({ id, key: keys[i] })),
});

function play(slots: number, events: ScheduleEvent[]): { schedule: Schedule; commands: ScheduleCommand[] } {
  let schedule = emptySchedule(slots);
  const commands: ScheduleCommand[] = [];
  for (const event of events) {
    const next = advance(schedule, event);
    schedule = next.schedule;
    commands.push(...next.commands);
  }
  return { schedule, commands };
}

const status = (schedule: Schedule) => Object.fromEntries(schedule.runs.map((run) => [run.id, run.status]));
const starts = (commands: ScheduleCommand[]) => commands.flatMap((c) => (c.type === "start" ? c.runs : []));
const ready: ScheduleEvent = { type: "ready", study: "s" };

describe("starting", () => {
  test("nothing starts before the store has been asked", () => {
    expect(play(2, [submit(["a", "b"])]).commands).toEqual([]);
  });

  test("as many runs as workers, in the order submitted, the next when one ends", () => {
    expect(starts(play(2, [submit(["a", "b", "c"]), ready]).commands)).toEqual(["a", "b"]);
    const { commands } = play(2, [submit(["a", "b", "c"]), ready, { type: "ended", run: "a", ending: "done" }]);
    expect(commands.at(-1)).toEqual({ type: "start", runs: ["c"], slot: 0 });
  });

  test("a run that the store has never starts", () => {
    const { commands, schedule } = play(1, [submit(["a", "b"]), { type: "ended", run: "a", ending: "done" }, ready]);
    expect(starts(commands)).toEqual(["b"]);
    expect(status(schedule)).toEqual({ a: "done", b: "running" });
  });
});

describe("runs with the same key", () => {
  const twins = [submit(["a", "b"], "s", ["k", "k"]), ready];

  test("are trained once, the second takes over the result", () => {
    const { commands, schedule } = play(2, [...twins, { type: "ended", run: "a", ending: "done" }]);
    expect(starts(commands)).toEqual(["a"]);
    expect(commands.at(-1)).toEqual({ type: "adopt", run: "b", from: "a" });
    expect(status(schedule)).toEqual({ a: "done", b: "done" });
  });

  test("are trained after all when the first one is cancelled", () => {
    const { commands } = play(2, [...twins, { type: "cancel", run: "a" }, { type: "ended", run: "a", ending: "stopped" }]);
    expect(starts(commands)).toEqual(["a", "b"]);
  });
});

describe("a worker that dies", () => {
  test("is replaced and the run tried once more", () => {
    const { commands, schedule } = play(1, [submit(["a"]), ready, { type: "lost", runs: ["a"] }]);
    expect(commands.slice(1)).toEqual([
      { type: "replace", slot: 0 },
      { type: "start", runs: ["a"], slot: 0 },
    ]);
    expect(status(schedule)).toEqual({ a: "running" });
  });

  test("twice fails the run, the others go on", () => {
    const { schedule } = play(1, [submit(["a", "b"]), ready, ...Array<ScheduleEvent>(maxLosses + 1).fill({ type: "lost", runs: ["a"] })]);
    expect(status(schedule)).toEqual({ a: "failed", b: "running" });
  });
});

describe("cancel, pause, resume, stop", () => {
  test("a queued run is cancelled at once, a running one is asked to stop and ends when it has", () => {
    const { commands, schedule } = play(1, [submit(["a", "b"]), ready, { type: "cancel", run: "b" }, { type: "cancel", run: "a" }]);
    expect(status(schedule)).toEqual({ a: "running", b: "stopped" });
    expect(commands.at(-1)).toEqual({ type: "stop", run: "a", slot: 0 });
  });

  test("a paused study starts nothing new, another study's runs do start", () => {
    const { commands, schedule } = play(2, [
      submit(["a", "b"]),
      ready,
      { type: "pause", study: "s" },
      { type: "ended", run: "a", ending: "done" },
      submit(["c"], "t"),
      { type: "ready", study: "t" },
    ]);
    expect(status(schedule)).toEqual({ a: "done", b: "paused", c: "running" });
    expect(commands.filter((c) => c.type === "pause")).toEqual([
      { type: "pause", run: "a", slot: 0 },
      { type: "pause", run: "b", slot: 1 },
    ]);
  });

  test("resume starts what was waiting", () => {
    const events: ScheduleEvent[] = [submit(["a", "b"]), ready, { type: "pause", study: "s" }, { type: "ended", run: "a", ending: "done" }];
    expect(status(play(1, events).schedule)).toEqual({ a: "done", b: "queued" });
    expect(status(play(1, [...events, { type: "resume", study: "s" }]).schedule)).toEqual({ a: "done", b: "running" });
  });

  test("stop ends what is queued and asks what trains", () => {
    const { commands, schedule } = play(1, [submit(["a", "b", "c"]), ready, { type: "stop", study: "s" }]);
    expect(status(schedule)).toEqual({ a: "running", b: "stopped", c: "stopped" });
    expect(commands.at(-1)).toEqual({ type: "stop", run: "a", slot: 0 });
  });
});

test("a run that another process holds waits for a retry and gives its worker to the next", () => {
  const { schedule } = play(1, [submit(["a", "b"]), ready, { type: "locked", run: "a" }]);
  expect(status(schedule)).toEqual({ a: "queued", b: "running" });
  const later = advance(advance(schedule, { type: "retry" }).schedule, { type: "ended", run: "b", ending: "done" });
  expect(status(later.schedule)).toEqual({ a: "running", b: "done" });
});

describe("runs that share a program", () => {
  const group = (program: string, size = 3) => ({ program, size });
  const six = ["a1", "b1", "a2", "b2", "a3", "b3"];
  const submitted: ScheduleEvent = { type: "submit", study: "s", runs: six.map((id) => ({ id, key: id, group: group(id[0]) })) };

  test("start side by side in one worker, in the order submitted, and no others with them", () => {
    expect(play(1, [submitted, ready]).commands).toEqual([{ type: "start", runs: ["a1", "a2", "a3"], slot: 0 }]);
    expect(play(2, [submitted, ready]).commands.at(-1)).toEqual({ type: "start", runs: ["b1", "b2", "b3"], slot: 1 });
  });

  test("are at most as many as a worker takes, whole seeds across the arms first", () => {
    const one = { ...submitted, runs: six.map((id) => ({ id, key: id, group: group("p", 4) })) };
    expect(starts(play(1, [one, ready]).commands)).toEqual(["a1", "b1", "a2", "b2"]);
  });

  test("of different studies do not train together", () => {
    const other: ScheduleEvent = { type: "submit", study: "t", runs: [{ id: "c", key: "c", group: group("a") }] };
    expect(play(1, [submitted, other, ready, { type: "ready", study: "t" }]).commands).toEqual([
      { type: "start", runs: ["a1", "a2", "a3"], slot: 0 },
    ]);
  });

  test("that the store has, or another process holds, leave their place to the next", () => {
    const all = { ...submitted, runs: six.map((id) => ({ id, key: id, group: group("p") })) };
    expect(starts(play(1, [all, { type: "ended", run: "b1", ending: "done" }, ready]).commands)).toEqual(["a1", "a2", "b2"]);
  });

  test("keep their worker until the last of them has ended", () => {
    const { commands } = play(1, [
      submitted,
      ready,
      { type: "ended", run: "a1", ending: "diverged" },
      { type: "ended", run: "a3", ending: "done" },
    ]);
    expect(commands).toHaveLength(1);
    expect(
      starts(
        play(1, [submitted, ready, ...["a1", "a2", "a3"].map((run): ScheduleEvent => ({ type: "ended", run, ending: "done" }))]).commands,
      ).slice(3),
    ).toEqual(["b1", "b2", "b3"]);
  });

  test("are lost together: one new worker, and all of them tried again side by side", () => {
    const { commands } = play(1, [submitted, ready, { type: "ended", run: "a2", ending: "done" }, { type: "lost", runs: ["a1", "a3"] }]);
    expect(commands.slice(1)).toEqual([
      { type: "replace", slot: 0 },
      { type: "start", runs: ["a1", "a3"], slot: 0 },
    ]);
  });

  test("are stopped one by one", () => {
    const { commands } = play(1, [submitted, ready, { type: "cancel", run: "a2" }]);
    expect(commands.at(-1)).toEqual({ type: "stop", run: "a2", slot: 0 });
  });
});

describe("the number of workers", () => {
  const submitted: ScheduleEvent[] = [
    { type: "submit", study: "s", runs: ["a", "b", "c", "d"].map((id) => ({ id, key: id })) },
    { type: "ready", study: "s" },
  ];

  test("that grows starts runs in the new ones", () => {
    expect(starts(play(1, [...submitted, { type: "slots", slots: 2 }]).commands)).toEqual(["a", "b"]);
  });

  test("that shrinks lets those that train go on, and starts none until there are fewer", () => {
    const shrunk: ScheduleEvent[] = [...submitted, { type: "slots", slots: 1 }];
    expect(play(2, shrunk).commands.map(({ type }) => type)).toEqual(["start", "start"]);
    expect(starts(play(2, [...shrunk, { type: "ended", run: "a", ending: "done" }]).commands)).toEqual(["a", "b"]);
    expect(
      starts(play(2, [...shrunk, { type: "ended", run: "a", ending: "done" }, { type: "ended", run: "b", ending: "done" }]).commands),
    ).toEqual(["a", "b", "c"]);
  });
});

test("after any events: a worker has runs of one group only, no key trains twice, no worker idles while a run could start", () => {
  const ids = ["a", "b", "c", "d", "e", "f"];
  const keys = ["1", "2", "1", "3", "4", "5"];
  const programs = ["x", "x", "y", "x", "x", "x"];
  const studies = ["s", "s", "s", "s", "t", "t"];
  const anyRun = fc.constantFrom(...ids);
  const anyStudy = fc.constantFrom("s", "t");
  const event = fc.oneof(
    fc.record({
      type: fc.constant("ended" as const),
      run: anyRun,
      ending: fc.constantFrom("done" as const, "diverged" as const, "failed" as const, "stopped" as const),
    }),
    fc.record({ type: fc.constantFrom("lost" as const, "locked" as const, "cancel" as const), run: anyRun }),
    fc.record({ type: fc.constantFrom("pause" as const, "resume" as const, "stop" as const, "ready" as const), study: anyStudy }),
    fc.constant({ type: "retry" as const }),
    fc.record({ type: fc.constant("slots" as const), slots: fc.integer({ min: 1, max: 3 }) }),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      fc.array(event, { maxLength: 40 }),
      (slots, size, events) => {
        let schedule = emptySchedule(slots);
        let started = false;
        const feed = (next: ScheduleEvent) => {
          const step = advance(schedule, next);
          schedule = step.schedule;
          started = step.commands.some(({ type }) => type === "start");
        };
        for (const study of ["s", "t"]) {
          const own = ids.flatMap((id, i) => (studies[i] === study ? [{ id, key: keys[i], group: { program: programs[i], size } }] : []));
          feed({ type: "submit", study, runs: own });
        }
        for (const next of events) {
          const run = "run" in next ? schedule.runs.find((r) => r.id === next.run)! : null;
          // only what trains can be lost or locked, and a worker is lost with all it has
          if (run && (next.type === "lost" || next.type === "locked") && run.slot === null) continue;
          if (next.type === "lost") feed({ type: "lost", runs: schedule.runs.filter((r) => r.slot === run!.slot).map((r) => r.id) });
          else feed(next as ScheduleEvent);
          const busy = schedule.runs.filter((r) => r.slot !== null);
          const taken = new Set(busy.map((r) => r.slot));
          for (const slot of taken) {
            const together = busy.filter((r) => r.slot === slot);
            expect(new Set(together.map((r) => `${r.study} ${r.group.program}`)).size).toBe(1);
            expect(together.length).toBeLessThanOrEqual(size);
          }
          expect(new Set(busy.map((r) => r.key)).size).toBe(busy.length);
          expect(busy.every((r) => r.slot! < 3 && !isEnded(r.status) && r.status !== "queued")).toBe(true);
          const startable = schedule.runs.filter(
            (r, i) =>
              r.status === "queued" && r.held === null && !schedule.pausedStudies.has(studies[i]) && !busy.some((b) => b.key === r.key),
          );
          if (taken.size < schedule.slots) expect(startable).toEqual([]);
          if (started) expect(taken.size).toBeLessThanOrEqual(schedule.slots);
        }
      },
    ),
    { numRuns: 500 },
  );
});
