import type { Page } from "playwright-core";

/** Opens a notebook's text as a file. */
export async function openNotebook(page: Page, name: string, text: string): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: "Open…" }).click()]);
  await chooser.setFiles({ name, mimeType: "text/markdown", buffer: Buffer.from(text) });
  await page.locator(".notebook").waitFor();
}

export const cell = (page: Page, id: string) => page.getByRole("region", { name: new RegExp(`^(Cell|Experiment) ${id}\\b`) });

/** Replaces text of a cell by typing: the editor is opened, the place found and `to` typed over `from`. */
export async function retype(page: Page, id: string, from: string, to: string): Promise<void> {
  const source = (await cell(page, id).locator("pre.code").first().textContent()) ?? "";
  const at = source.indexOf(from);
  if (at === -1) throw new Error(`#${id} does not hold ${from}`);
  const before = source.slice(0, at).split("\n");
  await page.getByRole("button", { name: `#${id}`, exact: true }).click();
  await page.keyboard.press("Enter");
  await page.locator(".monaco-editor textarea, .monaco-editor .native-edit-context").first().waitFor({ state: "attached" });
  await page.keyboard.press("Control+Home");
  for (let line = 1; line < before.length; line++) await page.keyboard.press("ArrowDown");
  for (let column = 0; column < before.at(-1)!.length; column++) await page.keyboard.press("ArrowRight");
  for (let letter = 0; letter < from.length; letter++) await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.type(to);
  await page.keyboard.press("Escape");
  await page.locator(".monaco-editor").waitFor({ state: "detached" });
}
