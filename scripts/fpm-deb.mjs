#!/usr/bin/env node
/**
 * Stands in for fpm where it cannot be fetched: takes the arguments electron-builder calls `fpm -s dir -t deb` with and
 * makes the same package with Debian's own dpkg-deb. Anything it does not know is refused rather than left out.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const one = { type: "string" };
const many = { type: "string", multiple: true, default: [] };
const flag = { type: "boolean", default: false };

const options = {
  "input-type": { ...one, short: "s" },
  "output-type": { ...one, short: "t" },
  force: flag,
  debug: flag,
  log: one,
  package: one,
  name: one,
  version: one,
  iteration: one,
  architecture: one,
  maintainer: one,
  vendor: one,
  url: one,
  license: one,
  description: one,
  category: { ...one, default: "default" },
  depends: { ...many, short: "d" },
  "deb-recommends": many,
  "deb-priority": { ...one, default: "optional" },
  "deb-compression": { ...one, default: "gz" },
  "deb-compression-level": one,
  "after-install": one,
  "after-remove": one,
};

/**
 * @param {string[]} argv fpm's arguments; the positional ones are SOURCE=DESTINATION, a folder's contents where SOURCE ends in "/"
 * @throws Error for an option it does not know or a package it cannot make
 */
export function parseFpm(argv) {
  const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true });
  if (values["input-type"] !== "dir" || values["output-type"] !== "deb")
    throw new Error(`makes deb from dir, not ${values["output-type"]} from ${values["input-type"]}`);
  for (const name of ["package", "name", "version", "architecture", "maintainer", "description"]) {
    if (!values[name]) throw new Error(`--${name} is missing`);
  }
  const contents = positionals.map((pair) => {
    const at = pair.lastIndexOf("=/");
    if (at < 1) throw new Error(`"${pair}" is not SOURCE=DESTINATION`);
    return { source: pair.slice(0, at), destination: pair.slice(at + 1) };
  });
  return { ...values, contents };
}

/** Debian policy 5.6.13: further lines of a description begin with a space, an empty one is a single dot. */
function describe(text) {
  const [synopsis, ...rest] = text.split("\n");
  const lines = rest.map((line) => line.trim()).map((line) => ` ${line || "."}`);
  return [synopsis.trim() || rest.shift()?.trim(), ...lines].join("\n");
}

/** An address that stands for none (RFC 2606). */
const isNowhere = (url) => url !== undefined && new URL(url).hostname.endsWith(".invalid");

/** @param installedSize in KiB */
export function controlFile(request, installedSize) {
  const fields = {
    Package: request.name,
    Version: request.iteration ? `${request.version}-${request.iteration}` : request.version,
    Architecture: request.architecture,
    Maintainer: request.maintainer,
    "Installed-Size": String(installedSize),
    Depends: request.depends.join(", "),
    Recommends: request["deb-recommends"].join(", "),
    Section: request.category,
    Priority: request["deb-priority"],
    Homepage: isNowhere(request.url) ? undefined : request.url,
    License: request.license,
    Vendor: request.vendor,
    Description: describe(request.description),
  };
  return Object.entries(fields)
    .filter(([, value]) => value)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join("");
}

/** Files below `folder`, permissions made independent of the builder's umask on the way. */
function settle(folder) {
  const files = [];
  for (const path of readdirSync(folder, { recursive: true })) {
    const entry = statSync(join(folder, path));
    chmodSync(join(folder, path), entry.isDirectory() || entry.mode & 0o111 ? 0o755 : 0o644);
    if (entry.isFile()) files.push({ path, size: entry.size });
  }
  chmodSync(folder, 0o755);
  return files;
}

function makeDeb(request) {
  const tree = mkdtempSync(join(tmpdir(), "fpm-deb-"));
  try {
    for (const { source, destination } of request.contents) {
      const target = join(tree, destination);
      mkdirSync(dirname(target), { recursive: true });
      cpSync(source, target, { recursive: true, verbatimSymlinks: true });
    }
    const files = settle(tree);
    const control = join(tree, "DEBIAN");
    mkdirSync(control);
    chmodSync(control, 0o755);
    const installedSize = files.reduce((sum, { size }) => sum + Math.ceil(size / 1024), 0);
    writeFileSync(join(control, "control"), controlFile(request, installedSize));
    const md5 = (path) =>
      createHash("md5")
        .update(readFileSync(join(tree, path)))
        .digest("hex");
    writeFileSync(join(control, "md5sums"), files.map(({ path }) => `${md5(path)}  ${path}\n`).join(""));
    for (const [script, source] of Object.entries({ postinst: request["after-install"], postrm: request["after-remove"] })) {
      if (!source) continue;
      writeFileSync(join(control, script), readFileSync(source));
      chmodSync(join(control, script), 0o755);
    }
    const level = request["deb-compression-level"];
    const compression = [
      `-Z${request["deb-compression"] === "gz" ? "gzip" : request["deb-compression"]}`,
      ...(level ? [`-z${level}`] : []),
    ];
    execFileSync("dpkg-deb", ["--root-owner-group", ...compression, "--build", tree, request.package], { stdio: "inherit" });
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    makeDeb(parseFpm(process.argv.slice(2)));
  } catch (error) {
    console.error(`fpm-deb: ${error.message}`);
    process.exit(1);
  }
}
