/** The view of all runs: what is looked for, what was found, which runs are chosen, and how those compare. */
import {
  compareRuns,
  fewestCompared,
  mostCompared,
  type ComparableRun,
  type RunComparison,
} from "../../experiments/runs/index/comparison.ts";
import { comparisonEvidence } from "../../experiments/runs/index/comparison-figure.ts";
import { wordsOf, type FoundRun, type FoundRuns, type RunQuery } from "../../experiments/runs/index/query.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import type { Freshness, RunArchive } from "../host/host.ts";

/** Rows that are drawn at once; a page of ten thousand would take seconds. */
const pageSize = 100;

/** Milliseconds without a key before the index is asked. */
const askAfter = 150;

/** A row of the list: a run as one of its arms. */
export const rowKey = ({ store, key, notebook, experiment, arm }: FoundRun): string =>
  JSON.stringify([store, key, notebook, experiment, arm]);
const runKey = ({ store, key }: FoundRun): string => JSON.stringify([store, key]);

export interface Comparison {
  table: RunComparison;
  /** for figures */
  evidence: ExperimentResult;
}

export class RunBrowser {
  words = $state("");
  where = $state("");
  order = $state.raw<NonNullable<RunQuery["order"]>>({ by: "when", descending: true });
  offset = $state(0);
  found = $state.raw<FoundRuns | null>(null);
  /** what is wrong with the condition, or why nothing could be searched */
  problem = $state<{ of: "where" | "index"; text: string } | null>(null);
  busy = $state(false);
  chosen = $state.raw<readonly FoundRun[]>([]);
  comparison = $state.raw<Comparison | null>(null);

  private readonly archive: RunArchive;
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(archive: RunArchive) {
    this.archive = archive;
  }

  /** After a key: what was typed is looked for once the typing pauses. */
  typed(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.from(0), askAfter);
  }

  sortBy(by: string, descendingFirst: boolean): Promise<void> {
    this.order = { by, descending: this.order.by === by ? !this.order.descending : descendingFirst };
    return this.from(0);
  }

  turn(pages: 1 | -1): Promise<void> {
    return this.from(Math.max(0, this.offset + pages * pageSize));
  }

  get page(): { first: number; last: number; hasNext: boolean } {
    const { runs = [], total = 0 } = this.found ?? {};
    return { first: runs.length === 0 ? 0 : this.offset + 1, last: this.offset + runs.length, hasNext: this.offset + runs.length < total };
  }

  private from(offset: number): Promise<void> {
    this.offset = offset;
    return this.search("known");
  }

  async search(freshness: Freshness): Promise<void> {
    const asked = ++this.asked;
    this.busy = true;
    const query: RunQuery = {
      words: wordsOf(this.words),
      where: this.where.trim() === "" ? null : this.where,
      order: this.order,
      offset: this.offset,
      limit: pageSize,
    };
    try {
      const found = await this.archive.search(query, freshness);
      if (asked !== this.asked) return; // a newer question is under way
      this.found = found;
      this.problem = null;
    } catch (error) {
      if (asked !== this.asked) return;
      const { name, message } = error as Error;
      this.problem = { of: name === "WhereError" ? "where" : "index", text: message };
    } finally {
      if (asked === this.asked) this.busy = false;
    }
  }

  // Choosing and comparing

  isChosen(run: FoundRun): boolean {
    return this.chosen.some((it) => runKey(it) === runKey(run));
  }

  get full(): boolean {
    return this.chosen.length >= mostCompared;
  }

  get canCompare(): boolean {
    return this.chosen.length >= fewestCompared;
  }

  toggle(run: FoundRun): void {
    if (this.isChosen(run)) this.chosen = this.chosen.filter((it) => runKey(it) !== runKey(run));
    else if (!this.full) this.chosen = [...this.chosen, run];
  }

  clear(): void {
    this.chosen = [];
  }

  async compare(): Promise<void> {
    this.busy = true;
    try {
      // a run that several arms share is compared as the arm it was chosen as
      const runs = await Promise.all(
        this.chosen.map(
          async (run): Promise<ComparableRun> => ({ ...(await this.archive.read({ store: run.store, key: run.key })), found: run }),
        ),
      );
      const table = compareRuns(runs);
      this.comparison = { table, evidence: comparisonEvidence(table, runs) };
      this.problem = null;
    } catch (error) {
      this.problem = { of: "index", text: (error as Error).message };
    } finally {
      this.busy = false;
    }
  }

  backToList(): void {
    this.comparison = null;
  }
}
