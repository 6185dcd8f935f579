/** The index of runs that are kept in memory, where there is no disk to keep one on: asked and answering as the one on disk. */
import { flatMetrics } from "../../statistics/metrics.ts";
import type { ComparableRun } from "./comparison.ts";
import {
  columnAffinities,
  isMetric,
  scalarMetrics,
  wordColumns,
  type FoundRun,
  type FoundRuns,
  type RunColumn,
  type RunQuery,
} from "./query.ts";
import { parseWhere } from "./where.ts";
import { lowerAscii, matches } from "./where-match.ts";
import { factsOf } from "./run-facts.ts";

/**
 * @param runs in the order in which they are shown unless the query asks for another
 * @throws {WhereError}
 */
export function searchRuns(runs: readonly Omit<ComparableRun, "events">[], { words, where, order, offset, limit }: RunQuery): FoundRuns {
  const all = runs.map((run) => ({ run: foundRun(run), facts: factsOf(run) }));
  const names = new Set([...Object.keys(columnAffinities), ...scalarMetrics, ...all.flatMap(({ facts }) => [...facts.keys()])]);
  const expression = where === null ? null : parseWhere(where, names);
  const valueIn =
    ({ run, facts }: (typeof all)[number]) =>
    (name: string) =>
      Object.hasOwn(columnAffinities, name) ? run[name as RunColumn] : (facts.get(name) ?? null);
  const found = all.filter((it) => hasWords(it.run, words) && (expression === null || matches(expression, valueIn(it), columnAffinities)));
  if (order !== null) {
    if (!names.has(order.by)) throw new TypeError(`runs have no ${order.by}`);
    found.sort((a, b) => compareValues(valueIn(a)(order.by), valueIn(b)(order.by), order.descending));
  }
  return { runs: found.slice(offset, limit === null ? undefined : offset + limit).map(({ run }) => run), total: found.length, stores: 1 };
}

function foundRun({ found, record, result }: Omit<ComparableRun, "events">): FoundRun {
  const { provenance = null } = result ?? {};
  const metrics = Object.entries(result?.metrics ? flatMetrics(result.metrics) : {}).filter(
    ([name, value]) => isMetric(name) && !Number.isNaN(value),
  );
  return {
    ...found,
    seed: record.seed.init,
    status: result?.status ?? "unfinished",
    error: result?.error ?? null,
    backend: provenance?.backend ?? record.backend,
    adapter: provenance?.adapter ?? null,
    engine: provenance?.engine ?? null,
    semantics: record.semantics,
    steps: result?.steps ?? null,
    tokens: result?.tokens ?? null,
    seconds: result?.seconds ?? null,
    when: provenance?.when ?? null,
    metrics: Object.fromEntries(metrics),
  };
}

function hasWords(run: FoundRun, words: readonly string[]): boolean {
  const text = lowerAscii(wordColumns.map((name) => run[name] ?? "").join("\n"));
  return words.every((word) => text.includes(lowerAscii(word)));
}

/** What a run lacks comes last, whichever way the rest goes; numbers come before text. */
function compareValues(a: number | string | null, b: number | string | null, descending: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const ascending = typeof a !== typeof b ? (typeof a === "number" ? -1 : 1) : a < b ? -1 : a > b ? 1 : 0;
  return descending ? -ascending : ascending;
}
