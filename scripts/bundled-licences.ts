/** A build plugin that collects the licences of all packages whose code or fonts end up in the app. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Plugin } from "vite";

const licenceFile = /^(licen[cs]e|copying|notice|third-?party-?notices)/i;

/** Folder of the package that a file belongs to, e.g. …/node_modules/@scope/name; null for our own files. */
function packageFolder(id: string): string | null {
  return /^\0?(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(id)?.[1] ?? null;
}

/** The script of d3 and Plot is text that was bundled before; what is in it stands beside it. */
function inLibraries(id: string): string[] {
  const [, folder] = /^\0?(.*[\\/]experiments[\\/]api[\\/]libraries[\\/]generated)[\\/]/.exec(id) ?? [];
  if (!folder) return [];
  const packages = JSON.parse(readFileSync(join(folder, "packages.json"), "utf8")) as string[];
  return packages.map((name) => resolve(folder, "../../../../node_modules", name));
}

function describe(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    name: string;
    version: string;
    license?: string;
  };
  const texts = readdirSync(folder)
    .filter((file) => licenceFile.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8").trim());
  return [`${name} ${version} (${license ?? "see below"})`, ...texts].join("\n\n");
}

/**
 * @param output one text file for all builds that share this collector; every build writes what is known so far
 * @returns a plugin to be put into each build and, as workers are built apart, into `worker.plugins`
 */
export function licenceCollector(output: string): () => Plugin {
  const folders = new Set<string>();
  return () => {
    let root = "";
    return {
      name: "switchyard:licences",
      configResolved(config) {
        root = config.root;
      },
      generateBundle(_options, bundle) {
        for (const file of Object.values(bundle)) {
          // Fonts are assets; their names are relative to the root.
          for (const id of file.type === "chunk" ? file.moduleIds : file.originalFileNames.map((name) => resolve(root, name))) {
            const folder = packageFolder(id);
            if (folder) folders.add(folder);
            for (const other of inLibraries(id)) folders.add(other);
          }
        }
      },
      closeBundle() {
        mkdirSync(dirname(output), { recursive: true });
        const texts = [...new Set([...folders].map(describe))].sort();
        writeFileSync(output, `Packages whose code or fonts are part of the app.\n\n${texts.join(`\n\n${"=".repeat(80)}\n\n`)}\n`);
      },
    };
  };
}
