/**
 * Which run trains where, and when: a pure function from a state and an event to the next state and what is to be done.
 * The coordinator performs the commands and reports what came of them as further events.
 */
import type { RunStatus } from "../../results.ts";

interface ScheduledRun {
  id: string;
  study: string;
  /** runs with equal keys are one training */
  key: string;
  /** with which others it may train side by side */
  group: GroupRule;
  status: RunStatus;
  /** worker that has it, or null */
  slot: number | null;
  /** how often its worker died under it */
  losses: number;
  /** not to be started: the store is being asked for it (until "ready"), or another process has it (until "retry") */
  held: "lookup" | "locked" | null;
}

/** Runs of a study with the same program may train in one worker at once, `size` of them at most. */
export interface GroupRule {
  program: string;
  size: number;
}

const alone: GroupRule = { program: "", size: 1 };

export interface Schedule {
  /** in the order in which they are to start */
  runs: readonly ScheduledRun[];
  /** number of workers */
  slots: number;
  pausedStudies: ReadonlySet<string>;
}

/** How a run can end. */
export type Ending = "done" | "diverged" | "failed" | "stopped";

export type ScheduleEvent =
  | { type: "submit"; study: string; runs: { id: string; key: string; group?: GroupRule }[] }
  /** what the store has of a study is known */
  | { type: "ready"; study: string }
  /** a run ended, in a worker or because the store had it */
  | { type: "ended"; run: string; ending: Ending }
  /** the worker that had these runs died, or its device was lost */
  | { type: "lost"; runs: string[] }
  /** another process holds the run */
  | { type: "locked"; run: string }
  /** time to try locked runs again */
  | { type: "retry" }
  /** the number of workers is another one: with fewer, those that train go on to their end */
  | { type: "slots"; slots: number }
  | { type: "cancel"; run: string }
  | { type: "pause" | "resume" | "stop"; study: string };

export type ScheduleCommand =
  /** these runs are to train side by side */
  | { type: "start"; runs: string[]; slot: number }
  | { type: "pause" | "resume" | "stop"; run: string; slot: number }
  /** the worker in this slot is to be replaced by a new one */
  | { type: "replace"; slot: number }
  /** `run` has the same key as `from`, which ended: it takes over its result */
  | { type: "adopt"; run: string; from: string };

/** A run is tried again this often, from its last checkpoint, after its worker died. */
export const maxLosses = 1;

export const emptySchedule = (slots: number): Schedule => ({ runs: [], slots, pausedStudies: new Set() });

export const isEnded = (status: RunStatus): boolean =>
  status === "done" || status === "diverged" || status === "failed" || status === "stopped";

export function advance(schedule: Schedule, event: ScheduleEvent): { schedule: Schedule; commands: ScheduleCommand[] } {
  const commands: ScheduleCommand[] = [];
  const changed = apply(schedule, event, commands);
  return { schedule: startQueued(changed, commands), commands };
}

function apply(schedule: Schedule, event: ScheduleEvent, commands: ScheduleCommand[]): Schedule {
  switch (event.type) {
    case "submit": {
      const added = event.runs.map(
        ({ id, key, group = alone }): ScheduledRun => ({
          id,
          key,
          group,
          study: event.study,
          status: "queued",
          slot: null,
          losses: 0,
          held: "lookup",
        }),
      );
      return { ...schedule, runs: [...schedule.runs, ...added] };
    }
    case "ready":
      return {
        ...schedule,
        runs: schedule.runs.map((run) => (run.study === event.study && run.held === "lookup" ? { ...run, held: null } : run)),
      };
    case "ended":
      return end(schedule, event.run, event.ending, commands);
    case "lost":
      for (const slot of new Set(event.runs.map((id) => find(schedule, id).slot)))
        if (slot !== null) commands.push({ type: "replace", slot });
      return event.runs.reduce((next, id) => {
        const { losses } = find(next, id);
        return losses >= maxLosses
          ? end(next, id, "failed", commands)
          : update(next, id, { status: "queued", slot: null, losses: losses + 1 });
      }, schedule);
    case "locked":
      return update(schedule, event.run, { status: "queued", slot: null, held: "locked" });
    case "retry":
      return { ...schedule, runs: schedule.runs.map((run) => (run.held === "locked" ? { ...run, held: null } : run)) };
    case "slots":
      return { ...schedule, slots: event.slots };
    case "cancel":
      return cancel(schedule, find(schedule, event.run), commands);
    case "pause":
      for (const run of active(schedule, event.study)) commands.push({ type: "pause", run: run.id, slot: run.slot! });
      return {
        ...schedule,
        pausedStudies: new Set([...schedule.pausedStudies, event.study]),
        runs: schedule.runs.map((run) => (run.study === event.study && run.status === "running" ? { ...run, status: "paused" } : run)),
      };
    case "resume":
      for (const run of active(schedule, event.study)) commands.push({ type: "resume", run: run.id, slot: run.slot! });
      return {
        ...schedule,
        pausedStudies: new Set([...schedule.pausedStudies].filter((study) => study !== event.study)),
        runs: schedule.runs.map((run) => (run.study === event.study && run.status === "paused" ? { ...run, status: "running" } : run)),
      };
    case "stop":
      return schedule.runs
        .filter((run) => run.study === event.study)
        .reduce((next, run) => cancel(next, find(next, run.id), commands), schedule);
  }
}

/** A queued run ends at once; one that is training is asked to stop and ends with its checkpoint. */
function cancel(schedule: Schedule, run: ScheduledRun, commands: ScheduleCommand[]): Schedule {
  if (isEnded(run.status)) return schedule;
  if (run.slot === null) return end(schedule, run.id, "stopped", commands);
  commands.push({ type: "stop", run: run.id, slot: run.slot });
  return schedule;
}

function end(schedule: Schedule, id: string, ending: Ending, commands: ScheduleCommand[]): Schedule {
  const { key, status } = find(schedule, id);
  if (isEnded(status)) return schedule; // stopped, or taken over from its twin, in the meantime
  let next = update(schedule, id, { status: ending, slot: null, held: null });
  if (ending === "stopped") return next;
  for (const twin of schedule.runs) {
    if (twin.key !== key || twin.id === id || twin.status !== "queued" || twin.slot !== null) continue;
    commands.push({ type: "adopt", run: twin.id, from: id });
    next = update(next, twin.id, { status: ending, held: null });
  }
  return next;
}

function startQueued(schedule: Schedule, commands: ScheduleCommand[]): Schedule {
  const busy = new Set(schedule.runs.flatMap((run) => run.slot ?? []));
  let next = schedule;
  for (let slot = 0; slot < schedule.slots && busy.size < schedule.slots; slot++) {
    if (busy.has(slot)) continue;
    const runs = nextGroup(next);
    if (runs.length === 0) break;
    commands.push({ type: "start", runs: runs.map(({ id }) => id), slot });
    busy.add(slot);
    next = runs.reduce((state, { id }) => update(state, id, { status: "running", slot }), next);
  }
  return next;
}

/** The first run that may start, and with it the next ones of its study that share its program. */
function nextGroup({ runs, pausedStudies }: Schedule): ScheduledRun[] {
  const keys = new Set(runs.flatMap((run) => (run.slot === null ? [] : [run.key])));
  const group: ScheduledRun[] = [];
  for (const run of runs) {
    if (run.status !== "queued" || run.held !== null || pausedStudies.has(run.study) || keys.has(run.key)) continue;
    const [first] = group;
    if (first && (run.study !== first.study || run.group.program !== first.group.program)) continue;
    if (first && group.length >= first.group.size) break;
    keys.add(run.key);
    group.push(run);
  }
  return group;
}

function find(schedule: Schedule, id: string): ScheduledRun {
  const run = schedule.runs.find((candidate) => candidate.id === id);
  if (!run) throw new Error(`unknown run ${id}`);
  return run;
}

const active = (schedule: Schedule, study: string) => schedule.runs.filter((run) => run.study === study && run.slot !== null);

function update(schedule: Schedule, id: string, change: Partial<ScheduledRun>): Schedule {
  return { ...schedule, runs: schedule.runs.map((run) => (run.id === id ? { ...run, ...change } : run)) };
}
