import type { MetricEvent } from "../../engine/train/protocol.ts";
import { encode } from "./json.ts";
import { parseJson } from "./parse-json.ts";
import { metricEvent } from "./records.ts";

export const eventLine = (event: MetricEvent): string => `${encode(event)}\n`;

/**
 * The events of a metrics.jsonl, up to the first line that is damaged or only half written (a process may die while writing).
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
    events.push(event.value);
    ends.push((start = end + 1));
  }
}
