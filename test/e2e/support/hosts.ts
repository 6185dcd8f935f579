/** The app in Electron and in plain Chromium behind one interface: a spec is written once and holds in both. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Download, Page } from "playwright-core";
import { expect } from "vitest";
import { openChromium } from "./chromium.ts";
import { start } from "./electron.ts";

/** Files by their path below the folder or the list of downloads they went to. */
export type SavedFiles = Map<string, Buffer>;

export interface AppSession {
  page: Page;
  /** errors that a clean run does not have */
  problems: string[];
  /** What `act` saves as one file, with the name the app proposed for it. */
  file(act: () => Promise<void>): Promise<{ name: string; bytes: Buffer }>;
  /** What `act` prints as PDF. */
  pdf(act: () => Promise<void>): Promise<Buffer>;
  /** What `act` saves into a folder; it must hold `last`. */
  folder(act: () => Promise<void>, last: string): Promise<SavedFiles>;
  /** Runs an action of the registry from the system's menu, or from the palette where there is none. */
  menu(id: string, label: string): Promise<void>;
  /** Opens a notebook that comes from elsewhere. */
  openText(name: string, text: string): Promise<void>;
  /** Ends the app where it ends at all, and opens a notebook that `file` has given. */
  reopen(name: string, text: Buffer): Promise<void>;
  close(): Promise<void>;
}

export interface AppHost {
  name: "Electron" | "Chromium";
  /** @param switches given to Chromium, e.g. for a software GPU */
  open(switches?: string[]): Promise<AppSession>;
}

export async function choose(page: Page, label: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByPlaceholder("What to do?").fill(label);
  await page.keyboard.press("Enter");
}

function watch(page: Page, problems: string[]): void {
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
}

/** What main keeps of its stubbed dialogs and its menu, for the spec to ask for. */
interface MainNotes {
  savedAs: string | null;
  menu: { getMenuItemById(id: string): { click: unknown } | null } | null;
}

/** What a window of the browser keeps for the spec to ask for. */
interface PageNotes {
  asksForPrinter?: boolean;
}

export const electronHost: AppHost = {
  name: "Electron",
  async open(switches = []) {
    const home = await mkdtemp(join(tmpdir(), "switchyard-e2e-"));
    const files = join(home, "files");
    await mkdir(files);
    const problems: string[] = [];
    const launch = async (...args: string[]) => {
      const started = await start(join(home, "user"), ...switches, ...args);
      started.page.setDefaultTimeout(60_000);
      await started.page.emulateMedia({ reducedMotion: "reduce" });
      watch(started.page, problems);
      await started.app.evaluate(({ dialog, Menu }, folder) => {
        const notes = globalThis as unknown as MainNotes;
        notes.savedAs = null;
        dialog.showSaveDialog = (async (_window: unknown, { defaultPath }: { defaultPath: string }) => {
          notes.savedAs = `${folder}/${defaultPath.split(/[\\/]/).at(-1)}`;
          return { canceled: false, filePath: notes.savedAs };
        }) as never;
        dialog.showOpenDialog = (async () => ({ canceled: false, filePaths: [`${folder}/chosen`] })) as never;
        dialog.showMessageBox = (async () => ({ response: 1, checkboxChecked: false })) as never;
        const build = Menu.buildFromTemplate;
        Menu.buildFromTemplate = (template) => {
          const menu = build.call(Menu, template);
          notes.menu = menu;
          return menu;
        };
      }, files);
      return started;
    };
    let { app, page } = await launch();
    await page.getByRole("heading", { name: "Switchyard" }).waitFor(); // from here on it takes keys
    const exit = async () => {
      const closed = app.waitForEvent("close");
      await app.evaluate(({ app: electron }) => electron.exit(0)).catch(() => {});
      await closed;
    };
    const saved = async (act: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> => {
      await app.evaluate(() => void ((globalThis as unknown as MainNotes).savedAs = null));
      await act();
      const path = () => app.evaluate(() => (globalThis as unknown as MainNotes).savedAs);
      await expect.poll(async () => existsSync((await path()) ?? ""), { timeout: 60_000 }).toBe(true);
      const name = (await path())!;
      return { name: basename(name), bytes: await readFile(name) };
    };
    const session: AppSession = {
      page,
      problems,
      file: saved,
      pdf: async (act) => (await saved(act)).bytes,
      async folder(act, last) {
        const target = join(files, "chosen");
        await rm(target, { recursive: true, force: true });
        await act();
        await session.page.getByText(`The report is in ${target}`).waitFor();
        expect(existsSync(join(target, last))).toBe(true);
        const found: SavedFiles = new Map();
        for (const entry of await readdir(target, { recursive: true, withFileTypes: true })) {
          const path = join(entry.parentPath, entry.name);
          if (entry.isFile()) found.set(path.slice(target.length + 1), await readFile(path));
        }
        return found;
      },
      async menu(id) {
        await app.evaluate((_electron, item) => {
          const { menu } = globalThis as unknown as MainNotes;
          const entry = menu?.getMenuItemById(item);
          if (!entry) throw new Error(`the menu has no ${item}`);
          (entry.click as () => void)();
        }, id);
      },
      async openText(name, text) {
        await writeFile(join(files, name), text);
        await session.reopen(name, Buffer.from(text));
      },
      async reopen(name) {
        await exit();
        ({ app, page } = await launch(join(files, name)));
        session.page = page;
        await page.locator(".notebook").waitFor();
      },
      async close() {
        await exit();
        await rm(home, { recursive: true, force: true });
      },
    };
    return session;
  },
};

export const chromiumHost: AppHost = {
  name: "Chromium",
  async open(switches = []) {
    const { page, problems, close } = await openChromium({ switches });
    // A page that opens the browser's print dialog cannot be printed by the driver at the same time: it only notes that it asked.
    await page.context().addInitScript(() => {
      window.print = () => void ((globalThis as unknown as PageNotes).asksForPrinter = true);
    });
    await page.getByRole("heading", { name: "Switchyard" }).waitFor(); // from here on it takes keys
    const bytesOf = async (download: Download): Promise<Buffer> => readFile(await download.path());
    const session: AppSession = {
      page,
      problems,
      async file(act) {
        const [download] = await Promise.all([page.waitForEvent("download"), act()]);
        return { name: download.suggestedFilename(), bytes: await bytesOf(download) };
      },
      async pdf(act) {
        const [popup] = await Promise.all([page.waitForEvent("popup"), act()]);
        try {
          await popup.waitForFunction(() => (globalThis as unknown as PageNotes).asksForPrinter === true);
          return await popup.pdf({ printBackground: true, preferCSSPageSize: true });
        } finally {
          await popup.close();
        }
      },
      async folder(act, last) {
        const downloads: Download[] = [];
        const keep = (download: Download): void => void downloads.push(download);
        page.on("download", keep);
        await act();
        await page.getByText("The report is in Downloads").waitFor();
        await expect.poll(() => downloads.some((it) => it.suggestedFilename() === last)).toBe(true);
        page.off("download", keep);
        return new Map(await Promise.all(downloads.map(async (it) => [it.suggestedFilename(), await bytesOf(it)] as const)));
      },
      menu: (_id, label) => choose(page, label),
      openText: (name, text) => session.reopen(name, Buffer.from(text)),
      async reopen(name, text) {
        // A page of its own would begin with an empty store: the browser's host keeps runs in memory.
        // Chromium drops keys that are pressed before it has shown its first frame.
        await page.evaluate(() => new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown))));
        const ask = () => Promise.all([page.waitForEvent("filechooser", { timeout: 10_000 }), page.keyboard.press("Control+o")]);
        const [chooser] = await ask().catch(ask);
        await chooser.setFiles({ name, mimeType: "text/markdown", buffer: text });
        await page.getByText("Nothing in this notebook runs by itself").waitFor();
      },
      close,
    };
    return session;
  },
};
