#!/usr/bin/env node
/**
 * `npm start [NOTEBOOK.md]`: the app where there is a screen; otherwise the default gallery notebook runs through the
 * command line into ./switchyard-report/.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { stateOfBuild } from "./builds.mjs";
import { describeElectron, findElectron } from "./electron-binary.mjs";
import { root } from "./root.mjs";

const defaultNotebook = "experiments/gallery/balancing.md";
const report = "switchyard-report";

/** Why no window can be opened here, or null. */
function noDisplayReason() {
  if (process.platform === "darwin" || process.platform === "win32") return null;
  if (process.env.DISPLAY || process.env.WAYLAND_DISPLAY) return null;
  return "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)";
}

/** Builds what is not there or older than its sources; windows and runs of the older build go on with that. */
function provideBuilds(...kinds) {
  const wanted = kinds.filter((kind) => stateOfBuild(kind) !== "current");
  if (wanted.length === 0) return;
  const part = wanted.length === 1 ? wanted[0] : "all";
  const { status } = spawnSync(process.execPath, [join(root, "scripts/build.mjs"), part], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

/** Runs a program in the foreground and ends as it ends; Ctrl-C reaches it through the terminal. */
function handOver(program, args, options, onEnd = () => {}) {
  process.on("SIGINT", () => {});
  const child = spawn(program, args, { cwd: root, stdio: "inherit", ...options });
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (code, signal) => {
    onEnd(code);
    process.exit(code ?? (signal ? 1 : 0));
  });
}

async function openApp(notebooks) {
  const electron = await findElectron();
  console.log(describeElectron(electron));
  provideBuilds("node", "app");
  const args = [root, ...notebooks];
  // Chromium refuses its sandbox to root; everywhere else it stays on.
  if (process.platform === "linux" && process.getuid?.() === 0) args.unshift("--no-sandbox");
  handOver(electron.executable, args);
}

function runHeadless(reason, notebook) {
  console.log(`switchyard: ${reason}; running ${notebook} without a window`);
  provideBuilds("node");
  handOver(process.execPath, [join(root, "out/node/cli.js"), "run", notebook, "--out", report], {}, (code) => {
    if (code === 0) console.log(`switchyard: the report is in ./${report}/ (open ${report}/report.html)`);
    else if (existsSync(join(root, report))) console.log(`switchyard: ended with code ${code}; what there is lies in ./${report}/`);
  });
}

const notebooks = process.argv.slice(2);
const noDisplay = noDisplayReason();
if (noDisplay) {
  runHeadless(noDisplay, notebooks[0] ?? defaultNotebook);
} else {
  try {
    await openApp(notebooks);
  } catch (error) {
    runHeadless(error.message, notebooks[0] ?? defaultNotebook);
  }
}
