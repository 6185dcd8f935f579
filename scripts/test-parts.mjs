/**
 * Programs that some suites need and that npm cannot install: Debian's Chromium (end-to-end tests, and SwiftShader for
 * WebGPU in Node), Xvfb (a screen for Electron), the Vulkan loader and LaTeX (exported tables).
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const debianPackages = { chromium: ["chromium", "fonts-liberation"], xvfb: ["xvfb", "xauth"], vulkan: ["libvulkan1"], venv: ["python3-venv"] };

/** Dawn loads it by this name; chromium brings a driver (SwiftShader) but not the loader. */
const vulkanLoaders = ["/usr/lib/x86_64-linux-gnu/libvulkan.so.1", "/usr/lib/aarch64-linux-gnu/libvulkan.so.1", "/usr/lib64/libvulkan.so.1", "/usr/lib/libvulkan.so.1"];

function onPath(name) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, name)));
}

export function chromiumPath() {
  const known = [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  return known.find((path) => path && existsSync(path)) ?? null;
}

/** A screen: a real one, or xvfb-run to make one. */
export function hasScreen() {
  return process.platform !== "linux" || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY) || onPath("xvfb-run");
}

/** pdfLaTeX, which exported tables are compiled with; booktabs comes with texlive-latex-recommended. */
export const hasLatex = () => onPath("pdflatex");

function missingParts() {
  const missing = [];
  if (!chromiumPath()) missing.push("chromium");
  if (!hasScreen()) missing.push("xvfb");
  if (process.platform === "linux" && !vulkanLoaders.some(existsSync)) missing.push("vulkan");
  // PyTorch for the parity tests, which only CI installs by itself
  if (process.env.CI === "true" && spawnSync("python3", ["-c", "import ensurepip"], { stdio: "ignore" }).status !== 0) missing.push("venv");
  if (!hasLatex()) missing.push("latex");
  return missing;
}

const canInstall = process.platform === "linux" && process.getuid?.() === 0 && onPath("apt-get");

/**
 * Installs what is missing where it may (root, with apt); otherwise says the one line to type.
 * @returns {string[]} what is still missing
 */
export function provideParts() {
  const missing = missingParts();
  if (missing.length === 0) return missing;
  const packages = missing.flatMap((part) => debianPackages[part]);
  if (!canInstall) {
    if (process.platform === "linux") console.log(`test: for all suites, type: sudo apt-get install -y ${packages.join(" ")}`);
    return missing;
  }
  console.log(`test: installing ${packages.join(", ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", ...packages]]) {
    const { status, stderr } = spawnSync("apt-get", args, { env, encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
    if (status !== 0) console.log(`test: apt-get ${args[0]} failed: ${stderr.trim().split("\n").at(-1)}`);
  }
  return missingParts();
}
