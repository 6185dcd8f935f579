/** Runs that ship with the app, looked up after the person's own. */
import { ShippedRuns } from "../../experiments/gallery/shipped-runs.ts";

/** "<notebook>.results/runs/<run>/<file>" → text */
const load = async (): Promise<[path: string, text: string][]> => {
  const { texts } = await import("./shipped-texts.ts");
  return Object.entries(texts).map(([path, text]) => [path.slice(path.indexOf("gallery/") + "gallery/".length), text]);
};
let loaded: ReturnType<typeof load> | null = null;
const files = () => (loaded ??= load());

export const shippedRuns = new ShippedRuns({
  read: async (run, file) => (await files()).find(([path]) => path.endsWith(`.results/runs/${run}/${file}`))?.[1] ?? null,
  runsOf: async (notebook) => {
    const start = `${notebook}.results/runs/`;
    return [...new Set((await files()).filter(([path]) => path.startsWith(start)).map(([path]) => path.slice(start.length).split("/")[0]))].sort();
  },
});
