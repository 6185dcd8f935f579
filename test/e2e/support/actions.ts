import type { Page } from "playwright-core";

/** Opens a notebook's text as a file. */
export async function openNotebook(page: Page, name: string, text: string): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: "Open…" }).click()]);
  await chooser.setFiles({ name, mimeType: "text/markdown", buffer: Buffer.from(text) });
  await page.locator(".notebook").waitFor();
}

export const cell = (page: Page, id: string) => page.getByRole("region", { name: new RegExp(`^(Cell|Experiment) ${id}\\b`) });
