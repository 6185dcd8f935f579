import type { OpTime } from "../../engine/bench/measure.ts";

/** What a reader asks first: is it the products, attention, or everything around them? */
const families: [name: string, of: (label: string) => boolean][] = [
  ["matrix products", (label) => label.startsWith("matmul ") || label.startsWith("groupedMatmul ")],
  ["attention", (label) => label.startsWith("attention")],
  ["optimizer", (label) => label === "adamw" || label === "clipScale" || label === "biasUpdate"],
  ["everything else", () => true],
];

/** A profile as a table: first sums by family, then every op, each with its share, rates, and how often a step needs it. */
export function profileTable(profile: readonly OpTime[], stepMilliseconds: number): string[] {
  const total = sum(profile, ({ time }) => time);
  const byFamily = families.flatMap(([name, of], at) => {
    const ops = profile.filter(({ label }) => of(label) && !families.slice(0, at).some(([, earlier]) => earlier(label)));
    if (ops.length === 0) return [];
    return [
      {
        label: name,
        calls: sum(ops, ({ calls }) => calls),
        time: sum(ops, ({ time }) => time),
        flops: sum(ops, ({ flops }) => flops),
        bytes: sum(ops, ({ bytes }) => bytes),
      },
    ];
  });
  const row = ({ label, calls, time, flops, bytes }: OpTime) =>
    `  ${`${(100 * (time / total)).toFixed(1)} %`.padStart(8)}  ${time.toFixed(3).padStart(10)}  ${rate(flops, time).padStart(8)}  ${rate(bytes, time).padStart(7)}  ${(bytes / 2 ** 20).toFixed(1).padStart(8)}  ${String(calls).padStart(5)}  ${label}`;
  return [
    `  ops one by one, the best of five each: ${total.toFixed(1)} ms of a step's ${stepMilliseconds.toFixed(1)} ms`,
    `  ${"share".padStart(8)}  ${"ms".padStart(10)}  ${"GFLOP/s".padStart(8)}  ${"GB/s".padStart(7)}  ${"MiB".padStart(8)}  ${"times".padStart(5)}  op`,
    ...byFamily.map(row),
    "",
    ...profile.map(row),
  ];
}

const sum = (ops: readonly OpTime[], value: (op: OpTime) => number): number => ops.reduce((total, op) => total + value(op), 0);
/** giga per second; a dash for what does not count or was too short to time */
const rate = (amount: number, milliseconds: number): string =>
  amount === 0 || milliseconds === 0 ? "–" : (amount / milliseconds / 1e6).toFixed(1);
