/** The app itself, driven through its main process. */
import { join } from "node:path";
import { _electron, type ElectronApplication, type Page } from "playwright-core";
import { root } from "./paths.ts";

/** Starts the app on a user folder of its own; the index of runs, which the command line shares, lies in it too. */
export async function start(userData: string, ...files: string[]): Promise<{ app: ElectronApplication; page: Page }> {
  const sandbox = process.platform === "linux" && process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const app = await _electron.launch({
    args: [...sandbox, `--user-data-dir=${userData}`, root, ...files],
    env: { ...process.env, XDG_DATA_HOME: join(userData, "data"), ELECTRON_DISABLE_SECURITY_WARNINGS: "1" } as Record<string, string>,
  });
  return { app, page: await app.firstWindow() };
}

/** Answers the next message box or dialog, as a person would. */
export const answer = (app: ElectronApplication, index: number) =>
  app.evaluate(({ dialog }, response) => {
    const notes = globalThis as unknown as { questions: number };
    notes.questions = 0;
    dialog.showMessageBox = (async () => {
      notes.questions += 1;
      return { response, checkboxChecked: false };
    }) as never;
  }, index);

/** How often the app has asked since it was told what to answer. */
export const questions = (app: ElectronApplication): Promise<number> =>
  app.evaluate(() => (globalThis as unknown as { questions: number }).questions);

export const saveTo = (app: ElectronApplication, path: string) =>
  app.evaluate(({ dialog }, filePath) => {
    dialog.showSaveDialog = (async () => ({ canceled: false, filePath })) as never;
  }, path);
