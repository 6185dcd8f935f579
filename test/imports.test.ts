import { group } from "d3-array";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

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

/**
 * The floors of each room, lowest first: a folder or file imports its own floor's members never, and lower floors only.
 * Files that stand alone in a room (`service.ts`) are named like folders.
 */
const floors: Record<string, readonly (readonly string[])[]> = {
  engine: [
    ["closed-prototypes.ts", "breath.ts", "random.ts", "numerics", "program"],
    ["model"],
    ["plan"],
    ["backends", "data"],
    ["formats"],
    ["train"],
    ["inference", "bench"],
    ["service.ts"],
    ["worker.ts", "open.node.ts"],
    ["worker.node.ts"],
  ],
  experiments: [
    ["json-value.ts", "own-keys.ts", "results.ts", "node", "threads", "text"],
    ["request.ts", "statistics"],
    ["figures"],
    ["api", "runs"],
    ["notebook", "bench", "gallery"],
    ["report", "schemas"],
    ["cli"],
    ["cli.ts"],
  ],
  "experiments/runs": [["cost"], ["spec"], ["store"], ["plan"], ["training"], ["index"], ["devices"]],
  "experiments/notebook": [["file", "kernel"], ["cells"]],
  renderer: [
    ["host", "shipped", "editor", "styles"],
    ["workers"],
    ["state"],
    ["figures"],
    ["panels"],
    ["notebook"],
    ["app"],
    ["main.ts", "index.html"],
  ],
};

/** Node's own modules are imported where the place says so: a folder or file of that name, the command line, the shell. */
const nodePlace = /\/node\/|\.node\.ts$|^experiments\/cli\/|^electron\//;

const statement = /^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?["'](\.[^"']+|node:[^"']+)["']/gm;
const dynamic = /(?:import|new URL)\(\s*["'](\.[^"']+)["']/g;

interface Import {
  file: string;
  target: string;
  typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(resolve(root, file), "utf8");
  const target = (path: string): string =>
    path.startsWith("node:") ? path : relative(root, resolve(root, dirname(file), path.replace(/\?.*$/, ""))).replaceAll("\\", "/");
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

/** The member of `place` that a path belongs to, e.g. "train" of "engine/train/schedule.ts"; null where it is elsewhere. */
const memberOf = (place: string, path: string): string | null =>
  path.startsWith(`${place}/`) ? path.slice(place.length + 1).split("/")[0] : null;

function floorOf(place: string, member: string): number {
  return floors[place].findIndex((floor) => floor.includes(member));
}

function climbs(place: string, { file, target }: Import): boolean {
  const [from, to] = [memberOf(place, file), memberOf(place, target)];
  if (from === null || to === null || from === to) return false;
  return floorOf(place, to) >= floorOf(place, from);
}

/** Files that reach themselves again: each list is one circle's members. */
function circles(imports: readonly Import[]): string[][] {
  const targets = group(imports, ({ file }) => file);
  const [order, lowest] = [new Map<string, number>(), new Map<string, number>()];
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    stack.push(file);
    for (const { target } of targets.get(file) ?? []) {
      if (!order.has(target)) visit(target);
      if (stack.includes(target)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(target)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) found.push(circle);
  };
  for (const file of targets.keys()) if (!order.has(file)) visit(file);
  return found;
}

/** How a file of `from` comes to import one of Node's modules, or null. */
function wayToNode(imports: readonly Import[], from: (file: string) => boolean): string[] | null {
  const targets = group(
    imports.filter(({ typeOnly }) => !typeOnly),
    ({ file }) => file,
  );
  const ways = [...targets.keys()].filter(from).map((file) => [file]);
  const seen = new Set<string>();
  for (const way of ways) {
    for (const { target } of targets.get(way.at(-1)!) ?? []) {
      if (target.startsWith("node:")) return [...way, target];
      if (!seen.has(target)) ways.push([...way, target]);
      seen.add(target);
    }
  }
  return null;
}

const files = rooms.flatMap((room) =>
  readdirSync(resolve(root, room), { recursive: true, encoding: "utf8" })
    .map((path) => `${room}/${path.replaceAll("\\", "/")}`)
    .filter((file) => /\.(ts|svelte)$/.test(file) && !/\.test\.ts$|\/generated\/|\/assembly\//.test(file)),
);
const all = files.flatMap(importsOf);
const told = (imports: readonly Import[]): string[] => imports.map(({ file, target }) => `${file} imports ${target}`);

it("imports point down: electron, renderer -> experiments -> engine", () => {
  expect(told(all.filter((it) => !isLawful(it)))).toEqual([]);
});

describe.each(Object.keys(floors))("inside %s", (place) => {
  it("every folder and file stands on one floor", () => {
    const members = new Set(files.flatMap((file) => memberOf(place, file) ?? []));
    expect([...members].filter((member) => floorOf(place, member) < 0)).toEqual([]);
  });

  it("imports point to lower floors", () => {
    expect(told(all.filter((it) => climbs(place, it)))).toEqual([]);
  });
});

it("no files import each other in a circle, types included", () => {
  expect(circles(all)).toEqual([]);
});

it("what needs Node says so by its place", () => {
  expect(told(all.filter(({ file, target }) => target.startsWith("node:") && !nodePlace.test(file)))).toEqual([]);
});

it("nothing that the page loads reaches Node", () => {
  expect(wayToNode(all, (file) => file.startsWith("renderer/"))).toBeNull();
});

it("the law is seen to work", () => {
  expect(all.length).toBeGreaterThan(1000);
  expect(isLawful({ file: "engine/x.ts", target: "experiments/y.ts", typeOnly: true })).toBe(false);
  expect(isLawful({ file: "renderer/x.ts", target: "electron/ipc/channels.ts", typeOnly: false })).toBe(false);
  expect(isLawful({ file: "renderer/x.ts", target: "electron/ipc/channels.ts", typeOnly: true })).toBe(true);
  expect(climbs("engine", { file: "engine/model/x.ts", target: "engine/plan/y.ts", typeOnly: true })).toBe(true);
  expect(climbs("engine", { file: "engine/plan/x.ts", target: "engine/model/y.ts", typeOnly: true })).toBe(false);
  const link = (file: string, target: string): Import => ({ file, target, typeOnly: false });
  expect(circles([link("a", "b"), link("b", "c"), link("c", "a"), link("c", "d")])).toEqual([["a", "b", "c"]]);
  expect(wayToNode([link("a", "b"), link("b", "node:fs")], (file) => file === "a")).toEqual(["a", "b", "node:fs"]);
  expect(wayToNode(all, (file) => file === "engine/worker.node.ts")).not.toBeNull();
});
