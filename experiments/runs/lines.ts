import * as v from "valibot";
import type { MetricEvent } from "../../engine/train/protocol.ts";
import { encode } from "./json.ts";
import { metricEvent } from "./records.ts";

export const eventLine = (event: MetricEvent): string => `${encode(event)}\n`;

/**
 * The events of a metrics.jsonl, up to the first line that is damaged or only half written (a process may die while writing).
 * `ends[i]` is the number of bytes up to the end of line i.
 */
export function parseEvents(bytes: Uint8Array): { events: MetricEvent[]; ends: number[] } {
  const events: MetricEvent[] = [];
  const ends: number[] = [];
  const decoder = new TextDecoder();
  for (let start = 0; ; ) {
    const end = bytes.indexOf(10, start);
    if (end < 0) break;
    const event = parseLine(decoder.decode(bytes.subarray(start, end)));
    if (event === null) break;
    events.push(event);
    ends.push((start = end + 1));
  }
  return { events, ends };
}

function parseLine(line: string): MetricEvent | null {
  try {
    const parsed = v.safeParse(metricEvent, JSON.parse(line));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}
