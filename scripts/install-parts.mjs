#!/usr/bin/env node
/**
 * Installs the parts that tests need where it may (root, with apt); elsewhere it says the one line to type.
 *
 *   node scripts/install-parts.mjs   does so now, says what came of each part, and ends with 1 when one is missing
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { missingParts, onPath } from "./test-parts.mjs";

const say = (text) => console.log(`test: ${text}`);

/** @returns {string | null} apt's last words when it failed */
function aptGet(...args) {
  const { status, stderr, error } = spawnSync("apt-get", args, {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (status === 0) return null;
  return error?.message ?? (stderr.trim().split("\n").at(-1) || `apt-get ended with code ${status}`);
}

/** One part by itself: what cannot be installed keeps nothing else away. @returns {boolean} whether it is there now */
function install(part) {
  if (part.isThere()) {
    say(`${part.name}: came with another part`);
    return true;
  }
  const problem = aptGet("install", "-y", "-qq", "--no-install-recommends", ...part.packages);
  const there = part.isThere();
  const packages = part.packages.join(", ");
  if (there) say(`${part.name}: installed (${packages})`);
  else say(`${part.name}: FAILED, for ${part.serves}: ${problem ?? `apt installed ${packages}, and it is still not there`}`);
  return there;
}

const mayInstallHere = () => process.platform === "linux" && process.getuid?.() === 0 && onPath("apt-get");

/**
 * @param options those of `missingParts`, and whether apt may be asked
 * @returns the parts that are still missing
 */
export function provideParts({ mayInstall = mayInstallHere(), ...options } = {}) {
  const missing = missingParts(options);
  if (missing.length === 0) return missing;
  if (!mayInstall) {
    for (const { name, serves } of missing) say(`${name} is not here, for ${serves}`);
    say(`for all suites, type: sudo apt-get install -y --no-install-recommends ${missing.flatMap(({ packages }) => packages).join(" ")}`);
    return missing;
  }
  say(`installing ${missing.map(({ name }) => name).join(", ")}`);
  const problem = aptGet("update", "-qq");
  if (problem) say(`apt-get update failed: ${problem}`);
  return missing.filter((part) => !install(part));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = provideParts().length > 0 ? 1 : 0;
