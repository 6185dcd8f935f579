/** Node-only: measured rates in the user's cache folder. */
import { mkdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { isMissing } from "../../store/node/disk-errors.ts";
import { nodeFileSystem, setAside, writeAtomic } from "../../store/node/filesystem.ts";
import type { RateStore } from "../rates.ts";

/** @param onNotice hears of a file that cannot be used */
export function nodeRates(onNotice: (text: string) => void = () => {}, path = join(cacheFolder(), "switchyard", "rates.json")): RateStore {
  return {
    load: async () => {
      try {
        return await readFile(path, "utf8");
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    save: async (text) => {
      await mkdir(dirname(path), { recursive: true });
      await writeAtomic(nodeFileSystem, path, text);
    },
    refuse: async (why) => {
      const aside = await setAside(nodeFileSystem, path);
      onNotice(`${path} is damaged (${why})${aside ? `; it is kept as ${aside}` : ""}. What it said of speeds is measured again.`);
    },
  };
}

function cacheFolder({ platform, env } = process): string {
  if (platform === "win32") return env.LOCALAPPDATA ?? join(homedir(), "AppData", "Local");
  if (platform === "darwin") return join(homedir(), "Library", "Caches");
  return env.XDG_CACHE_HOME || join(homedir(), ".cache");
}
