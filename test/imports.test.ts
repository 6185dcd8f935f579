import { readdirSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");
const rooms = ["engine", "experiments", "renderer", "electron"] as const;
type Room = (typeof rooms)[number];

/** The law of the house: what each room may import besides itself. */
const mayImport: Record<Room, readonly Room[]> = {
  engine: [],
  experiments: ["engine"],
  renderer: ["experiments", "engine"],
  electron: ["experiments", "engine"],
};

/** Types only: the page's side of the IPC bridge is described by the table that main and preload share. */
const typesOf: Partial<Record<Room, string>> = { renderer: "electron/ipc/channels.ts" };

const statement = /^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?["'](\.[^"']+)["']/gm;
const dynamic = /import\(\s*["'](\.[^"']+)["']\s*\)/g;

interface Import {
  file: string;
  target: string;
  typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(resolve(root, file), "utf8");
  const target = (path: string): string => relative(root, resolve(root, dirname(file), path.replace(/\?.*$/, "")));
  return [
    ...[...text.matchAll(statement)].map(([, type, path]) => ({ file, target: target(path), typeOnly: type !== undefined })),
    ...[...text.matchAll(dynamic)].map(([, path]) => ({ file, target: target(path), typeOnly: false })),
  ];
}

const roomOf = (path: string): Room | null => rooms.find((room) => path.startsWith(`${room}/`)) ?? null;

function isLawful({ file, target, typeOnly }: Import): boolean {
  const [from, to] = [roomOf(file), roomOf(target)];
  if (from === null || to === null || from === to || mayImport[from].includes(to)) return true;
  return typeOnly && typesOf[from] === target;
}

const files = rooms.flatMap((room) =>
  readdirSync(resolve(root, room), { recursive: true, encoding: "utf8" })
    .map((path) => `${room}/${path.replaceAll("\\", "/")}`)
    .filter((file) => /\.(ts|svelte)$/.test(file) && !/\.test\.ts$|\/generated\//.test(file)),
);
const all = files.flatMap(importsOf);

it("imports point down: electron, renderer -> experiments -> engine", () => {
  expect(all.filter((it) => !isLawful(it)).map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

it("the law is seen to work", () => {
  expect(all.length).toBeGreaterThan(300);
  expect(isLawful({ file: "engine/x.ts", target: "experiments/y.ts", typeOnly: true })).toBe(false);
  expect(isLawful({ file: "renderer/x.ts", target: "electron/ipc/channels.ts", typeOnly: false })).toBe(false);
  expect(isLawful({ file: "renderer/x.ts", target: "electron/ipc/channels.ts", typeOnly: true })).toBe(true);
});
