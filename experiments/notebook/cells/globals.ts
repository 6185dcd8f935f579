/** Names that every cell has without importing or defining them. */
export const sandboxGlobals: ReadonlySet<string> = new Set(
  `display console globalThis undefined NaN Infinity Object Function Array Number Boolean String Symbol BigInt Math Reflect
  JSON Date RegExp Proxy Promise Map Set WeakMap WeakSet WeakRef FinalizationRegistry Iterator Error EvalError RangeError
  ReferenceError SyntaxError TypeError URIError AggregateError ArrayBuffer SharedArrayBuffer DataView Int8Array Uint8Array
  Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array BigInt64Array BigUint64Array Float16Array Float32Array
  Float64Array parseInt parseFloat isNaN isFinite encodeURI encodeURIComponent decodeURI decodeURIComponent escape unescape
  eval`
    .trim()
    .split(/\s+/),
);

const reasons: [string, string][] = [
  ["fetch XMLHttpRequest WebSocket EventSource navigator", "a cell has no network"],
  ["require module exports", 'a cell loads no packages: use `import … from "switchyard"`'],
  ["process Buffer Deno Bun __dirname __filename", "a cell has no access to the machine"],
  ["window document localStorage sessionStorage location alert", "a cell has no page: use display()"],
  [
    "setTimeout setInterval setImmediate requestAnimationFrame queueMicrotask",
    "a cell has no timers: it runs when what it reads has changed",
  ],
  ["performance crypto", "a cell computes on results only"],
];

/** Why a name that other programs have is missing here; "" for an ordinary name. */
export function whyMissing(name: string): string {
  return reasons.find(([names]) => names.split(" ").includes(name))?.[1] ?? "";
}
