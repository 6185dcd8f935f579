import * as v from "valibot";
import { namesTo } from "../../own-keys.ts";
import { cleanSvg } from "../../figures/drawn/clean-svg.ts";
import type { DisplayItem } from "./protocol.ts";

/** Longest text or SVG that one display() passes on, in characters; a larger drawing would not scroll. */
const maxText = 2_000_000;
const maxRows = 10_000;

const text = v.pipe(
  v.string(),
  v.maxLength(
    maxText,
    ({ input }) =>
      `a drawing of ${(input.length / 1e6).toFixed(1)} MB cannot be shown: the limit is ${maxText / 1e6} MB of SVG; draw fewer points`,
  ),
);

const item = v.variant("kind", [
  v.strictObject({ kind: v.literal("experiment"), id: v.string() }),
  v.strictObject({
    kind: v.literal("figure"),
    request: v.strictObject({ figure: v.string(), experiments: v.array(v.string()), options: namesTo(v.unknown()) }),
  }),
  v.strictObject({ kind: v.literal("svg"), svg: text }),
  v.strictObject({
    kind: v.literal("table"),
    columns: v.array(v.string()),
    rows: v.pipe(
      v.array(v.array(v.union([v.string(), v.number(), v.nan(), v.boolean(), v.null()]))),
      v.maxLength(maxRows, `a table may have ${maxRows} rows`),
    ),
  }),
  v.strictObject({
    kind: v.literal("text"),
    text: v.pipe(
      v.string(),
      v.transform((value) => (value.length > maxText ? `${value.slice(0, maxText)}…` : value)),
    ),
  }),
]);

/** Reads what the sandbox says a value looks like. @throws when it is no display item, or too large a one */
export function readDisplayItem(value: unknown): DisplayItem {
  const read = v.parse(item, value);
  return read.kind === "svg" ? { kind: "svg", ...cleanSvg(read.svg) } : read;
}
