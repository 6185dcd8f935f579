/**
 * Where builds lie. Each is a folder of its own, named by what it holds, and `out/node` and `out/app` are links to the
 * newest of their kind. A process resolves the link once, when it starts: everything that it loads later, chunks and
 * workers, comes from the build that it began with, whatever is built meanwhile. A build is removed when newer ones are
 * there and nobody uses it.
 */
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { basename, join } from "node:path";
import { root } from "./root.mjs";

/** Builds that stay besides those in use: who starts just now may have resolved the link to the one before. */
const kept = 2;

/** In a build: one file per process that runs it, named by its id; a packaged app has no such folder. */
const marks = "running";

const builtName = (kind) => new RegExp(`^${kind}-[0-9a-f]{16}$`);
const unfinishedName = (kind) => new RegExp(`^${kind}\\.unfinished-(\\d+)-`);

/** A folder to build into, as deep below the root as the published one. */
export function unfinishedBuild(kind, out = join(root, "out")) {
  mkdirSync(out, { recursive: true });
  const folder = mkdtempSync(join(out, `${kind}.unfinished-${process.pid}-`));
  chmodSync(folder, 0o755);
  return folder;
}

/** Of the names and contents of all files: the same sources give the same build, which is kept as it is. */
function contentHash(folder) {
  const hash = createHash("sha256");
  for (const path of filesBelow(folder).sort()) {
    hash.update(JSON.stringify([path.replaceAll("\\", "/")]));
    hash.update(
      createHash("sha256")
        .update(readFileSync(join(folder, path)))
        .digest(),
    );
  }
  return hash.digest("hex").slice(0, 16);
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true }).filter((path) => statSync(join(folder, path)).isFile());
}

/**
 * Makes a whole build the one that is run from now on, in one step, and removes those that nobody needs any more.
 * @param {Date} since when its sources were read: what changes later is not in it
 */
export function publishBuild(kind, folder, { since = new Date(), out = join(root, "out") } = {}) {
  const name = `${kind}-${contentHash(folder)}`;
  const target = join(out, name);
  mkdirSync(join(folder, marks));
  try {
    renameSync(folder, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
    rmSync(folder, { recursive: true, force: true }); // it is there already, to the byte
  }
  utimesSync(target, since, since);
  pointTo(join(out, kind), name);
  removeUnused(kind, out);
}

function pointTo(link, name) {
  const fresh = `${link}.unfinished-${process.pid}-link`;
  rmSync(fresh, { force: true });
  symlinkSync(process.platform === "win32" ? join(link, "..", name) : name, fresh, "junction");
  // Windows renames over no folder, and a build of an older version is a folder itself.
  const found = lstatSync(link, { throwIfNoEntry: false });
  if (found && (process.platform === "win32" || !found.isSymbolicLink())) rmSync(link, { recursive: true, force: true });
  renameSync(fresh, link);
}

function isAlive(id) {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

const isInUse = (build) => existsSync(join(build, marks)) && readdirSync(join(build, marks)).some((id) => isAlive(Number(id)));

function removeUnused(kind, out) {
  const current = basename(readlinkSync(join(out, kind)));
  const time = (name) => statSync(join(out, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const builds = readdirSync(out)
    .filter((name) => builtName(kind).test(name))
    .map((name) => ({ name, time: time(name) }));
  const older = builds
    .sort((a, b) => b.time - a.time)
    .slice(kept)
    .map(({ name }) => name);
  const unused = older.filter((name) => name !== current && !isInUse(join(out, name)));
  const abandoned = readdirSync(out).filter((name) => {
    const id = Number(unfinishedName(kind).exec(name)?.[1] ?? process.pid);
    return id !== process.pid && !isAlive(id);
  });
  for (const name of [...unused, ...abandoned]) rmSync(join(out, name), { recursive: true, force: true });
}

/** What each kind is made from, and one file that it holds. */
const made = {
  node: { from: ["engine", "experiments", "scripts/build.mjs", "package-lock.json"], entry: "node/cli.js" },
  app: {
    from: ["engine", "experiments", "renderer", "electron", "electron.vite.config.ts", "scripts/build.mjs", "package-lock.json"],
    entry: "app/main/main.js",
  },
};

function newest(path) {
  const entry = statSync(path);
  if (!entry.isDirectory()) return entry.mtimeMs;
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && !file.name.endsWith(".test.ts"))
    .reduce((latest, file) => Math.max(latest, statSync(join(file.parentPath, file.name), { throwIfNoEntry: false })?.mtimeMs ?? 0), 0);
}

/** @returns {"missing" | "old" | "current"} old: a source is younger than the build */
export function stateOfBuild(kind) {
  const { from, entry } = made[kind];
  if (!existsSync(join(root, "out", entry))) return "missing";
  const built = statSync(join(root, "out", kind)).mtimeMs;
  return from.every((path) => newest(join(root, path)) <= built) ? "current" : "old";
}
