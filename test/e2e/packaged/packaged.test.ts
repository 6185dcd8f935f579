import { listPackage } from "@electron/asar";
import { FuseV1Options, getCurrentFuseWire } from "@electron/fuses";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron, type ElectronApplication, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { cell } from "../support/actions.ts";
import { root } from "../support/paths.ts";
import { command, makePackages, missingForApp, type Packages } from "./package.ts";

/** A fuse of the wire is one character. */
const fuseOn = "1".charCodeAt(0);
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

const missing = missingForApp();
if (missing) console.log(`packaged: skipped: ${missing}`);

describe.skipIf(missing !== null)("the packaged app", () => {
  let folder: string;
  let packages: Packages;
  /** where the deb's files were put: what / is for an installed package */
  let system: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "switchyard-packaged-"));
    packages = makePackages(join(folder, "dist"));
    system = join(folder, "system");
    command("dpkg-deb", ["-x", packages.deb, system]);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("carries the bundle and nothing else: no node_modules, no sources, no maps", () => {
    const files = listPackage(join(system, "opt/Switchyard/resources/app.asar"), { isPack: false });
    const strangers = files.filter(
      (path) => !/^\/(package\.json|out(\/app(\/(main|preload|renderer)(\/.*)?)?)?)$/.test(path) || path.endsWith(".map"),
    );
    expect(strangers).toEqual([]);
    expect(files).toContain("/out/app/renderer/index.html");
    expect(existsSync(join(system, "opt/Switchyard/resources/default_app.asar"))).toBe(false);
  });

  it("carries the licences of the corpora, of every bundled package and of Electron", async () => {
    const resources = join(system, "opt/Switchyard/resources");
    expect(await readFile(join(resources, "licences/switchyard.txt"), "utf8")).toBe(await readFile(join(root, "LICENSE"), "utf8"));
    expect(await readFile(join(resources, "licences/corpora.txt"), "utf8")).toBe(
      await readFile(join(root, "engine/data/corpora/NOTICE"), "utf8"),
    );
    const licences = await readFile(join(resources, "licences/packages.txt"), "utf8");
    // One from the page, one from a worker, one from main, one typeface.
    for (const name of ["svelte", "comlink", "write-file-atomic", "node-sqlite3-wasm", "@fontsource/inter"])
      expect(licences).toMatch(new RegExp(`^${name} [0-9.]+ \\(`, "m"));
    expect(existsSync(join(resources, "../LICENSES.chromium.html"))).toBe(true);
  });

  it("has the fuses of a release, all but the inspector that drives this test", async () => {
    const { version: _version, ...wire } = await getCurrentFuseWire(join(packages.unpacked, "switchyard"));
    const on = Object.entries(wire)
      .filter(([, state]) => state === fuseOn)
      .map(([fuse]) => FuseV1Options[Number(fuse)]);
    expect(on).toEqual(["EnableCookieEncryption", "EnableNodeCliInspectArguments", "OnlyLoadAppFromAsar"]);
    const released = (parse(await readFile(join(root, "electron-builder.yml"), "utf8")) as { electronFuses: Record<string, boolean> })
      .electronFuses;
    expect(released.enableNodeCliInspectArguments).toBe(false);
  });

  it("is offered by the desktop under its name and icon, for notebooks as files", async () => {
    const entry = await readFile(join(system, "usr/share/applications/switchyard.desktop"), "utf8");
    expect(entry).toContain("Exec=/opt/Switchyard/switchyard %F\n");
    expect(entry).toContain("MimeType=text/markdown;");
    expect(existsSync(join(system, "usr/share/icons/hicolor/48x48/apps/switchyard.png"))).toBe(true);
    const postinst = command("dpkg-deb", ["-I", packages.deb, "postinst"]);
    expect(postinst).toContain("/usr/bin/switchyard");
    expect(postinst).toMatch(/chmod 4755 .*chrome-sandbox/);
  });

  describe("started as installed", () => {
    let app: ElectronApplication;
    let page: Page;
    const problems: string[] = [];

    async function start(...args: string[]): Promise<void> {
      // Chromium refuses its sandbox to root, and a package that was only unpacked has no setuid helper.
      app = await _electron.launch({
        executablePath: join(system, "opt/Switchyard/switchyard"),
        args: ["--no-sandbox", `--user-data-dir=${join(folder, "user")}`, ...args],
        cwd: folder,
        env: { ...process.env, XDG_DATA_HOME: join(folder, "data") } as Record<string, string>,
      });
      page = await app.firstWindow();
      page.setDefaultTimeout(60_000);
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error") problems.push(message.text());
      });
    }
    /** Without the question about unsaved changes, and waiting: a second instance would hand over to one that still ends. */
    async function stop(): Promise<void> {
      const closed = app.waitForEvent("close");
      await app.evaluate(({ app: electron }) => electron.exit(0)).catch(() => {});
      await closed;
    }

    it("opens an isolated window with the gallery, and is Switchyard to the system", async () => {
      await start();
      await page.getByRole("heading", { name: "Does an auxiliary loss cost quality?" }).waitFor();
      expect(page.url()).toBe("app://switchyard/index.html");
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
      expect(await app.evaluate(({ app: electron }) => [electron.isPackaged, electron.getName(), electron.getVersion()])).toEqual([
        true,
        "Switchyard",
        version,
      ]);
    });

    it("opens the gallery's default notebook with the results that ship with it", async () => {
      await page.getByRole("button", { name: "Open Does an auxiliary loss cost quality?" }).click();
      await page.getByRole("button", { name: "Train again" }).waitFor();
      await cell(page, "conclusion").scrollIntoViewIfNeeded(); // figures out of sight are not drawn
      await cell(page, "conclusion")
        .getByText(/^Of 6 claims /)
        .waitFor();
      await stop();
    });

    it("trains the smoke study of a notebook given by its path, and keeps the runs beside it", async () => {
      await copyFile(join(root, "experiments/gallery/balancing.md"), join(folder, "balancing.md"));
      await start("balancing.md");
      await page.getByRole("button", { name: "Trust and run its views" }).click();
      await cell(page, "balancing").getByRole("combobox", { name: "Budget" }).selectOption("smoke");
      await page.getByRole("button", { name: "Train 4 runs" }).click();
      await cell(page, "balancing").getByRole("button", { name: "Train again" }).waitFor();
      await cell(page, "tradeoff")
        .getByRole("img", { name: /^Validation loss against MaxVio/ })
        .waitFor();
      await cell(page, "balancing").getByRole("tab", { name: "Runs" }).click();
      expect(await cell(page, "balancing").locator("tbody tr").count()).toBe(4);
      expect(await page.getByRole("alert").allInnerTexts()).toEqual([]);
      expect((await stat(join(folder, "balancing.results/runs"))).isDirectory()).toBe(true);
    });

    it("lists those runs with their arms, from an index whose code lies in the archive", async () => {
      await page.keyboard.press("Control+Shift+f");
      const rows = page.getByRole("region", { name: "Runs that were found" }).locator("tbody tr");
      await page.getByText("1 to 4 of 4 runs").waitFor();
      const arms = (await rows.locator("td:nth-child(2)").allInnerTexts()).map((text) => text.trim());
      expect(arms.sort()).toEqual(["batch-wise loss", "loss-free", "no balancing", "sequence-wise loss"]);
      await stop();
    });

    it("raises no error in all of this", () => {
      expect(problems).toEqual([]);
    });
  });
});
