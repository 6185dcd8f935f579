#!/usr/bin/env node
/**
 * `npm run dist`: the app as a package for this system, into dist/.
 *
 *   node scripts/dist.mjs [TARGET…]   on Linux dir and deb unless others are named (AppImage, …); elsewhere what
 *                                     electron-builder.yml lists
 *   --prebuilt                        packs out/app as it stands instead of building it
 *   --out FOLDER                      instead of dist
 *
 * SWITCHYARD_HOMEPAGE, DEBFULLNAME and DEBEMAIL say whose package it is and where more about it is to be found.
 *
 * SWITCHYARD_DIST_TESTABLE=1 makes a package for tests: the inspector stays on, because Playwright drives the app
 * through it, and the deb is compressed quickly. Never hand such a package out.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { describeElectron, findElectron } from "./electron-binary.mjs";
import { drawIcons } from "./icons.mjs";
import { root } from "./root.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { prebuilt: { type: "boolean", default: false }, out: { type: "string", default: "dist" } },
});
const linux = process.platform === "linux";
const testable = process.env.SWITCHYARD_DIST_TESTABLE === "1";
const targets = positionals.length > 0 ? positionals : linux ? ["dir", "deb"] : [];
const output = resolve(root, values.out);

/** What this machine and this call add to electron-builder.yml. */
function configuration(electron) {
  const config = {
    electronDist: electron.dist,
    electronVersion: electron.version,
    directories: { output },
    publish: null,
    afterPack: cleanUp,
  };
  const { SWITCHYARD_HOMEPAGE: homepage, DEBFULLNAME: name = "Switchyard developers", DEBEMAIL: email } = process.env;
  if (homepage) config.extraMetadata = { homepage };
  if (email) config.deb = { maintainer: `${name} <${email}>` };
  if (testable) {
    config.electronFuses = { enableNodeCliInspectArguments: true };
    config.deb = { ...config.deb, compression: "gz", fpm: ["--deb-compression-level", "1"] };
  }
  return config;
}

/** Electron's own start page and version file, which electron-builder leaves in when it is given an unpacked Electron. */
function cleanUp({ appOutDir, packager }) {
  rmSync(join(packager.getResourcesDir(appOutDir), "default_app.asar"), { force: true });
  rmSync(join(appOutDir, "version"), { force: true });
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function folderSize(folder) {
  return readdirSync(folder, { recursive: true }).reduce((sum, path) => {
    const entry = statSync(join(folder, path));
    return entry.isFile() ? sum + entry.size : sum;
  }, 0);
}

function report() {
  for (const entry of readdirSync(output, { withFileTypes: true })) {
    const path = join(output, entry.name);
    if (entry.isDirectory() && entry.name.endsWith("unpacked")) {
      console.log(
        `dist: ${path} (${megabytes(folderSize(path))}, of it the app ${megabytes(statSync(join(path, "resources/app.asar")).size)})`,
      );
    } else if (entry.isFile() && /\.(deb|AppImage|exe|dmg|zip)$/.test(entry.name)) {
      console.log(`dist: ${path} (${megabytes(statSync(path).size)})`);
    }
  }
}

try {
  const electron = await findElectron();
  console.log(describeElectron(electron));
  if (!values.prebuilt) {
    const { status } = spawnSync(process.execPath, [join(root, "scripts/build.mjs"), "app"], { cwd: root, stdio: "inherit" });
    if (status !== 0) throw new Error("the app does not build");
  }
  if (!existsSync(join(root, "out/app/main/main.js"))) throw new Error("there is no out/app: build it first, or leave --prebuilt out");
  // One whole build, whatever is built meanwhile.
  const packed = join(root, "out/packed");
  rmSync(packed, { recursive: true, force: true });
  cpSync(realpathSync(join(root, "out/app")), packed, { recursive: true });
  await drawIcons();
  // fpm, which electron-builder makes debs with, comes from GitHub; dpkg-deb is on every Debian.
  if (linux && !process.env.CUSTOM_FPM_PATH && process.env.USE_SYSTEM_FPM !== "true")
    process.env.CUSTOM_FPM_PATH = join(root, "scripts/fpm-deb.mjs");
  rmSync(output, { recursive: true, force: true });
  const { build, Platform } = await import("electron-builder");
  await build({ projectDir: root, targets: Platform.current().createTarget(targets), config: configuration(electron) });
  report();
  if (electron.source.includes("fallback"))
    console.log("dist: this Electron is somebody else's repackaging: good for trying and testing, not for a release");
  if (testable) console.log("dist: the inspector is on: for tests only");
} catch (error) {
  console.error(`dist: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
