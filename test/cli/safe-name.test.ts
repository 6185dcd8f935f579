/** Nothing that a text tells a person to type fetches or runs a stranger's package. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const made = new Set(["node_modules", "out", "dist", ".git", ".cache", "generated", "switchyard-report", "screenshots"]);
const textName = /\.(md|ts|mts|mjs|js|svelte|json|jsonl|yml|html|css|sh|py|txt)$|^(LICENSE|run|\.\w+)$/;
const isText = (name: string): boolean => textName.test(name) && name !== "package-lock.json";

function textsBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (made.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? textsBelow(path) : entry.isFile() && isText(entry.name) ? [path] : [];
  });
}

/** Each fetches what is not there and runs it; the name of this repository is somebody else's package. */
const fetching = [
  /\bnpx\b(?! --no-install\b)/,
  /\b(?:pnpm|yarn) dlx\b|\bbunx\b/,
  /\bnpm (?:exec|x|init|create)\b/,
  /\bnpm (?:i|install|add|pack)\b[^\n`]*\sswitchyard\b/,
];

const offences = (text: string): string[] => text.split("\n").filter((line) => fetching.some((pattern) => pattern.test(line)));

test("no text tells anybody to run a package by a name that the registry answers for", () => {
  const texts = textsBelow(root).filter((path) => path !== import.meta.filename);
  expect(texts.length).toBeGreaterThan(500);
  const found = texts.flatMap((path) =>
    offences(readFileSync(path, "utf8")).map((line) => `${relative(root, path)}: ${line.trim().slice(0, 120)}`),
  );
  expect(found).toEqual([]);
});

const unsafe = [
  "npx switchyard run x.md",
  "`npx switchyard`",
  "npm exec switchyard",
  "npm install -g switchyard",
  "bunx switchyard",
  "npx vitest run",
];
test.each(unsafe)("%s would be found", (line) => {
  expect(offences(line)).toEqual([line]);
});

const safe = ["npx --no-install vitest run", "npm run -s switchyard -- run x.md", "npm link", "npm install -g .", "npm ci && npm start"];
test.each(safe)("%s is safe", (line) => {
  expect(offences(line)).toEqual([]);
});
