/** A run store of the page, used from the coordinator's worker: comlink proxies, with errors turned back into their classes. */
import { proxy, type ProxyMarked, type Remote } from "comlink";
import { RunLockedError, RunLostError, StoreWriteError, type RunStore, type RunWriter } from "../../experiments/runs/store/store.ts";
import { own } from "../../experiments/own-keys.ts";

type Methods = Omit<RunStore, "name" | "open">;
export type SharedStore = Methods & { open(record: Parameters<RunStore["open"]>[0]): Promise<RunWriter & ProxyMarked> } & ProxyMarked;

/** On the page's side. */
export function shareStore(store: RunStore): SharedStore {
  return proxy({
    find: (key) => store.find(key),
    events: (key) => store.events(key),
    weights: (key) => store.weights(key),
    list: () => store.list(),
    open: async (record) => proxy(await store.open(record)),
  } satisfies Omit<SharedStore, symbol>);
}

const classes: Record<string, new (message: string) => Error> = { RunLockedError, RunLostError, StoreWriteError };

/** Errors keep their name but not their class on the way between threads; the coordinator tells them apart by class. */
async function revived<Value>(answer: Promise<Value>): Promise<Value> {
  try {
    return await answer;
  } catch (error) {
    const { name, message } = error as Error;
    const known = own(classes, name);
    throw known ? new known(message) : error;
  }
}

/** On the worker's side. */
export function remoteStore(shared: Remote<SharedStore>): RunStore {
  return {
    name: "the notebook's results",
    find: (key) => revived(shared.find(key)),
    events: (key) => revived(shared.events(key)),
    weights: (key) => revived(shared.weights(key)),
    list: () => revived(shared.list()),
    open: async (record) => {
      const writer = (await revived(shared.open(record) as Promise<unknown>)) as Remote<RunWriter & ProxyMarked>;
      return {
        checkpoint: () => revived(writer.checkpoint()),
        events: () => revived(writer.events()),
        append: (events) => revived(writer.append(events)),
        saveCheckpoint: (bytes) => revived(writer.saveCheckpoint(bytes)),
        finish: (result, weights) => revived(writer.finish(result, weights)),
        reset: () => revived(writer.reset()),
        release: () => writer.release().catch(() => {}),
      };
    },
  };
}
