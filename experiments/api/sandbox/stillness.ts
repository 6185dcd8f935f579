/**
 * Runs inside the sandbox. Self-contained: the kernel evaluates this function's text there. A cell computes the same each
 * time and on every machine: chance is a stream of the cell's own, and the clock stands still, in UTC.
 */
export function sandboxStillness() {
  const { apply, construct } = Reflect;
  const { create, defineProperty } = Object;
  const { imul } = Math;
  const { padStart, indexOf } = String.prototype;
  const { test } = RegExp.prototype;
  const text = String;

  // — chance —

  /** sfc32 (Doty-Humphrey): three words of state and a counter */
  type Stream = [number, number, number, number];
  const streams = create(null) as Record<number, Stream | undefined>;
  /** for code that runs on behalf of no cell: d3 and Plot when they are loaded */
  const nobody: Stream = [1, 2, 3, 1];
  let current = nobody;

  function word(stream: Stream): number {
    // by index: a cell may have changed how lists are iterated
    const a = stream[0];
    const b = stream[1];
    const c = stream[2];
    const counter = stream[3];
    const sum = (((a + b) | 0) + counter) | 0;
    stream[3] = (counter + 1) | 0;
    stream[0] = b ^ (b >>> 9);
    stream[1] = (c + (c << 3)) | 0;
    stream[2] = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  const hide = (on: object, name: string, value: unknown) =>
    defineProperty(on, name, { value, writable: true, enumerable: false, configurable: true });

  hide(Math, "random", function random() {
    const high = word(current) >>> 5;
    return (high * 67108864 + (word(current) >>> 6)) / 9007199254740992;
  });

  /** @param seed hexadecimal, three words of it are used */
  function begin(token: number, seed: string): void {
    const words: number[] = [0, 0, 0];
    for (let i = 0; i < 24; i++)
      words[(i / 8) | 0] = (imul(words[(i / 8) | 0], 16) + (apply(indexOf, "0123456789abcdef", [seed[i]]) as number)) | 0;
    const stream: Stream = [words[0], words[1], words[2], 1];
    for (let i = 0; i < 12; i++) word(stream);
    streams[token] = stream;
    current = stream;
  }

  /** From here code runs on behalf of this evaluation. */
  function enter(token: number): void {
    current = streams[token] ?? nobody;
  }

  function end(token: number): void {
    delete streams[token];
  }

  // — time —

  const Native = Date;
  const { UTC, parse: parseNative } = Native;
  const prototype = Native.prototype as Date & Record<string, (...values: unknown[]) => unknown>;
  const { getTime, getUTCDay, getUTCFullYear, getUTCMonth, getUTCDate, getUTCHours, getUTCMinutes, getUTCSeconds, setUTCFullYear } =
    prototype;
  const now = UTC(2026, 0, 1);
  const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const zoned = /(?:[0-9T:.]Z|[+-]\d{2}:?\d{2}|GMT|UTC|UT|[ECMP][SD]T)\s*(?:\([^)]*\))?\s*$/;
  const dayOnly = /^\s*[+-]?\d{4,6}(?:-\d{2}){0,2}\s*$/;
  const isoZone = /(?:Z|[+-]\d{2}:?\d{2})\s*$/;
  const isoTime = /^\s*[+-]?\d{4,6}(?:-\d{2}){0,2}T\d/;

  /** What names no zone is in UTC. */
  function parse(value: unknown): number {
    const given = text(value);
    if (apply(test, dayOnly, [given])) return parseNative(given);
    if (apply(test, isoTime, [given])) return parseNative(apply(test, isoZone, [given]) ? given : `${given}Z`);
    if (apply(test, zoned, [given])) return parseNative(given);
    const time = parseNative(`${given} GMT`);
    return time === time ? time : parseNative(given);
  }

  function timeOf(value: unknown): unknown {
    if (value instanceof Native) return apply(getTime, value, []);
    const plain: unknown = typeof value === "object" && value !== null ? (value as { valueOf(): unknown }).valueOf() : value;
    return typeof plain === "string" || (typeof plain === "object" && plain !== null) ? parse(plain) : plain;
  }

  const two = (value: number) => apply(padStart, text(value), [2, "0"]) as string;
  const part = (date: unknown, get: (this: Date) => number): number => apply(get, date as Date, []) as number;
  const valid = (date: unknown) => part(date, getTime) === part(date, getTime);
  const dayText = (date: unknown) =>
    `${days[part(date, getUTCDay)]} ${months[part(date, getUTCMonth)]} ${two(part(date, getUTCDate))} ${apply(padStart, text(part(date, getUTCFullYear)), [4, "0"]) as string}`;
  const clockText = (date: unknown) =>
    `${two(part(date, getUTCHours))}:${two(part(date, getUTCMinutes))}:${two(part(date, getUTCSeconds))}`;
  const localDay = (date: unknown) =>
    `${two(part(date, getUTCMonth) + 1)}/${two(part(date, getUTCDate))}/${apply(padStart, text(part(date, getUTCFullYear)), [4, "0"]) as string}`;
  function localClock(date: unknown): string {
    const hour = part(date, getUTCHours);
    return `${two(hour % 12 === 0 ? 12 : hour % 12)}:${two(part(date, getUTCMinutes))}:${two(part(date, getUTCSeconds))} ${hour < 12 ? "AM" : "PM"}`;
  }

  const written = (date: unknown): string => `${dayText(date)} ${clockText(date)} GMT+0000 (UTC)`;
  const texts: [string, (date: unknown) => string][] = [
    ["toString", written],
    ["toDateString", dayText],
    ["toTimeString", (date) => `${clockText(date)} GMT+0000 (UTC)`],
    ["toLocaleString", (date) => `${localDay(date)}, ${localClock(date)}`],
    ["toLocaleDateString", localDay],
    ["toLocaleTimeString", localClock],
  ];
  for (const [name, write] of texts)
    hide(
      prototype,
      name,
      {
        [name](this: Date) {
          return valid(this) ? write(this) : "Invalid Date";
        },
      }[name],
    );
  for (const field of ["Date", "Day", "FullYear", "Hours", "Milliseconds", "Minutes", "Month", "Seconds"]) {
    hide(prototype, `get${field}`, prototype[`getUTC${field}`]);
    if (field !== "Day") hide(prototype, `set${field}`, prototype[`setUTC${field}`]);
  }
  hide(
    prototype,
    "getYear",
    {
      getYear(this: Date) {
        return apply(getUTCFullYear, this, []) - 1900;
      },
    }.getYear,
  );
  hide(
    prototype,
    "setYear",
    {
      setYear(this: Date, year: number) {
        return apply(setUTCFullYear, this, [year >= 0 && year <= 99 ? 1900 + year : year]);
      },
    }.setYear,
  );
  hide(
    prototype,
    "getTimezoneOffset",
    {
      getTimezoneOffset(this: Date) {
        return valid(this) ? 0 : NaN;
      },
    }.getTimezoneOffset,
  );

  function StillDate(this: unknown, ...values: unknown[]): unknown {
    const target: unknown = new.target;
    if (target === undefined) return written(construct(Native, [now]));
    const time = values.length === 0 ? now : values.length === 1 ? timeOf(values[0]) : apply(UTC, null, values as number[]);
    return construct(Native, [time], target as new () => unknown);
  }
  hide(StillDate, "UTC", UTC);
  hide(StillDate, "parse", { parse }.parse);
  hide(StillDate, "now", { now: () => now }.now);
  defineProperty(StillDate, "name", { value: "Date" });
  defineProperty(StillDate, "length", { value: 7 });
  defineProperty(StillDate, "prototype", { value: prototype, writable: false });
  hide(prototype, "constructor", StillDate);
  hide(globalThis, "Date", StillDate);

  return { begin, enter, end };
}

export type SandboxStillness = ReturnType<typeof sandboxStillness>;
