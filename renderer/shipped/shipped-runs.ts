/** Runs that ship with the app, looked up after the person's own. */
import { ShippedRuns } from "../../experiments/gallery/shipped-runs.ts";

/** by "<run>/<file>" */
const load = async (): Promise<Map<string, string>> => {
  const { texts } = await import("./shipped-texts.ts");
  return new Map(Object.entries(texts).map(([path, text]) => [path.split("/").slice(-2).join("/"), text]));
};
let loaded: ReturnType<typeof load> | null = null;
const files = () => (loaded ??= load());

export const shippedRuns = new ShippedRuns({
  read: async (run, file) => (await files()).get(`${run}/${file}`) ?? null,
  runs: async () => [...new Set([...(await files()).keys()].map((name) => name.split("/")[0]))].sort(),
});
