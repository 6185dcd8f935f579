/** The index of runs in a thread of its own: SQLite and ten thousand small files must not hold up the windows. */
import { Worker } from "node:worker_threads";
import { wrap, type Remote } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import type { ComparableRun } from "../experiments/runs/index/comparison.ts";
import type { RunIndex } from "../experiments/runs/index/node/index.ts";
import type { FoundRuns, RunQuery, RunReference } from "../experiments/runs/index/query.ts";
import type { Freshness } from "./ipc/channels.ts";

interface Thread {
  index: Remote<RunIndex>;
  /** rejects when the thread ends */
  death: Promise<never>;
}

export class RunIndexThread {
  private thread: Thread | null = null;

  /** @throws an error named WhereError for a condition that cannot be searched by */
  search(query: RunQuery, freshness: Freshness): Promise<FoundRuns> {
    const { index, death } = this.open();
    return Promise.race([index.search(query, { refresh: freshness !== "known", rebuild: freshness === "rebuilt" }), death]);
  }

  read(run: RunReference): Promise<ComparableRun> {
    const { index, death } = this.open();
    return Promise.race([index.read(run), death]);
  }

  /** Started when it is first asked, and again after it has died. */
  private open(): Thread {
    if (this.thread) return this.thread;
    const worker = new Worker(new URL("./run-index.worker.js", import.meta.url));
    worker.unref();
    const death = new Promise<never>((_resolve, reject) => {
      worker.once("error", reject);
      worker.once("exit", (code) => reject(new Error(`the index of runs ended with code ${code}`)));
    });
    const thread: Thread = { index: wrap<RunIndex>(nodeEndpoint(worker)), death };
    death.catch(() => {
      if (this.thread === thread) this.thread = null;
    });
    this.thread = thread;
    return thread;
  }
}
