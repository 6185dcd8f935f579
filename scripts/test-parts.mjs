/**
 * Programs that some suites need and that npm cannot install, as one table: how to tell that one is there, and which
 * Debian packages bring it. A bare Debian (debootstrap's minbase with Node) has none of them.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

const linux = process.platform === "linux";

export function onPath(name) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => folder !== "" && existsSync(join(folder, name)));
}

export function chromiumPath() {
  const known = [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  return known.find((path) => path && existsSync(path)) ?? null;
}

/** A screen: a real one, or what xvfb-run makes one of. */
export function hasScreen() {
  return !linux || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY) || (onPath("xvfb-run") && onPath("xauth"));
}

const runs = (program, ...args) => spawnSync(program, args, { stdio: "ignore" }).status === 0;

/** pdfLaTeX with booktabs, which exported tables are compiled with. */
export const hasLatex = () => onPath("pdflatex") && runs("kpsewhich", "booktabs.sty");

/** Where shared libraries lie: Debian's folder of this architecture, and those of other systems. */
function libraryFolders() {
  const names = existsSync("/usr/lib") ? readdirSync("/usr/lib").filter((name) => name.includes("-linux-gnu")) : [];
  return [...names.map((name) => `/usr/lib/${name}`), "/usr/lib64", "/usr/lib"];
}

const hasLibraries = (...names) => !linux || names.every((name) => libraryFolders().some((folder) => existsSync(join(folder, name))));

/** Names as Debian's policy has them: nothing else reaches apt's command line. */
const packageName = /^[a-z0-9][a-z0-9+.-]+$/;

/**
 * One part. It cannot be written without packages: what could not be installed would be asked of apt as nothing at all.
 * @param {{ name: string, serves: string, isThere: () => boolean, packages: string[], programs?: string[], onlyOnCi?: boolean }} record
 *   programs: what tests call of it by name; a test holds that no test calls a program that no part brings
 */
export function part({ name, serves, isThere, packages, programs = [], onlyOnCi = false }) {
  const wrong = (what) => new TypeError(`the part ${JSON.stringify(name)} ${what}`);
  if (typeof name !== "string" || name === "" || typeof serves !== "string" || typeof isThere !== "function") {
    throw wrong("needs a name, what it serves, and a way to tell that it is there");
  }
  if (!Array.isArray(packages) || packages.length === 0) throw wrong("names no Debian package");
  for (const entry of packages) {
    if (typeof entry !== "string" || !packageName.test(entry)) throw wrong(`names ${JSON.stringify(entry)}, which is no Debian package`);
  }
  return Object.freeze({ name, serves, isThere, packages: Object.freeze([...packages]), programs: Object.freeze([...programs]), onlyOnCi });
}

export const parts = Object.freeze([
  part({
    name: "chromium",
    serves: "tests in a browser, and WebGPU on the CPU (SwiftShader)",
    isThere: () => chromiumPath() !== null,
    packages: ["chromium", "fonts-liberation"],
  }),
  part({ name: "xvfb", serves: "a screen for Electron", isThere: hasScreen, packages: ["xvfb", "xauth"] }),
  part({
    name: "electron's libraries",
    serves: "Electron",
    isThere: () =>
      hasLibraries("libgtk-3.so.0", "libnss3.so", "libasound.so.2", "libgbm.so.1", "libcups.so.2", "libatspi.so.0", "libXdamage.so.1"),
    packages: ["libgtk-3-0", "libnss3", "libasound2", "libgbm1", "libcups2", "libatspi2.0-0", "libxdamage1"],
  }),
  // Dawn loads it by this name; chromium brings a driver but not the loader.
  part({ name: "vulkan", serves: "WebGPU in Node", isThere: () => hasLibraries("libvulkan.so.1"), packages: ["libvulkan1"] }),
  part({
    name: "latex",
    serves: "exported tables",
    isThere: hasLatex,
    packages: ["texlive-latex-base", "texlive-latex-recommended"],
    programs: ["pdflatex", "kpsewhich"],
  }),
  part({
    name: "pdftotext",
    serves: "the words of exported PDFs",
    isThere: () => onPath("pdftotext"),
    packages: ["poppler-utils"],
    programs: ["pdftotext"],
  }),
  // PyTorch is gigabytes: only CI installs it by itself
  part({
    name: "python",
    serves: "parity with PyTorch",
    isThere: () => runs("python3", "-c", "import ensurepip"),
    packages: ["python3", "python3-venv"],
    programs: ["python3"],
    onlyOnCi: true,
  }),
  part({
    name: "debootstrap",
    serves: "a bare machine to install all this on",
    isThere: () => onPath("debootstrap"),
    packages: ["debootstrap"],
    programs: ["debootstrap", "chroot"],
    onlyOnCi: true,
  }),
]);

/** What is not there of what this machine's tests use. */
export function missingParts({ table = parts, ci = process.env.CI === "true" } = {}) {
  return table.filter((entry) => (ci || !entry.onlyOnCi) && !entry.isThere());
}
