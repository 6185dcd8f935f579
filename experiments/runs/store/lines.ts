import type { MetricEvent } from "../../../engine/train/protocol.ts";
import { encode } from "./json.ts";
import { parseJson } from "./parse-json.ts";
import { metricEvent } from "./records.ts";

export const eventLine = (event: MetricEvent): string => `${encode(event)}\n`;

/**
 * The events of a metrics.jsonl, up to the first line that is damaged or only half written (a process may die while writing). A line whose step does
 * not follow is damage too: two have written into this curve at once.
 * `ends[i]` is the number of bytes up to the end of line i. `damage` is about a whole line that is wrong, and not about a half one.
 */
export function parseEvents(bytes: Uint8Array): { events: MetricEvent[]; ends: number[]; damage: string | null } {
  const events: MetricEvent[] = [];
  const ends: number[] = [];
  const decoder = new TextDecoder();
  for (let start = 0; ; ) {
    const end = bytes.indexOf(10, start);
    if (end < 0) return { events, ends, damage: null };
    const event = parseJson(decoder.decode(bytes.subarray(start, end)), metricEvent);
    if (event.state === "damaged") return { events, ends, damage: `line ${events.length + 1}: ${event.why}` };
    if (!follows(events.at(-1), event.value))
      return { events, ends, damage: `line ${events.length + 1}: step ${event.value.step} after step ${events.at(-1)!.step}` };
    events.push(event.value);
    ends.push((start = end + 1));
  }
}

/** A step comes after every earlier one, and a validation after its step. */
function follows(last: MetricEvent | undefined, { kind, step }: MetricEvent): boolean {
  return last === undefined || step > last.step || (step === last.step && kind === "eval" && last.kind === "step");
}

/**
 * Whether the steps of a curve go backwards somewhere, told without reading it line by line: ten thousand curves are looked at before a study begins.
 * Lines are written with `kind` and `step` first; a line of another shape says nothing here.
 */
export function goesBackwards(bytes: Uint8Array): boolean {
  const text = new TextDecoder("latin1").decode(bytes);
  let last = -1;
  let lastKind = "";
  for (const [, kind, digits] of text.matchAll(/^\{"kind":"(step|eval)","step":(\d+),/gm)) {
    const step = Number(digits);
    if (step < last || (step === last && (kind === "step" || lastKind === "eval"))) return true;
    [last, lastKind] = [step, kind];
  }
  return false;
}
