/** Notebooks made to hang or break their readers, each opened in a process with a limit of time and memory. */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bombs } from "./bombs.ts";
import { Opener } from "./opener.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** A second or two on a machine of one's own; the tests share theirs. */
const patience = 20_000;

let folder: string;
let opener: Opener;

beforeAll(async () => {
  // within the checkout, where the packages are found
  folder = await mkdtemp(join(root, "out/hostile-"));
  await build({
    root,
    configFile: false,
    logLevel: "error",
    publicDir: false,
    ssr: { external: true },
    build: {
      ssr: true,
      outDir: folder,
      target: "node20.18",
      minify: false,
      rolldownOptions: { input: join(root, "test/hostile/open.child.ts"), output: { entryFileNames: "open.child.mjs" } },
    },
  });
  opener = new Opener(join(folder, "open.child.mjs"));
});

afterAll(async () => {
  opener.close();
  await rm(folder, { recursive: true });
});

describe("a hostile notebook opens, as far as it is read, and keeps its text", () => {
  test.each([...bombs.keys()])("%s", async (name) => {
    const opened = await opener.open(name, patience);
    expect(typeof opened === "string" ? opened : opened.threw).toBeNull();
  });
});
