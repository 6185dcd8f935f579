/** What a scene is, and the moves that several of them make. */
import type { Locator, Page } from "playwright-core";
import type { Camera } from "../support/camera.ts";
import type { Session } from "../support/chromium.ts";

/** Brings the app into its states, one after the other, and photographs each. Each scene has a page of its own. */
export type Scene = (session: Session, camera: Camera) => Promise<void>;

export const press = (page: Page, name: string | RegExp) => page.getByRole("button", { name }).first().click();
export const trust = (page: Page) => press(page, "Trust and run its views");

/** Opens a cell's editor with the cursor at the end of its text. */
export async function edit(page: Page, id: string): Promise<void> {
  await page
    .getByRole("button", { name: `#${id}`, exact: true })
    .first()
    .click();
  await page.keyboard.press("Enter");
  await page.locator(".monaco-editor textarea, .monaco-editor .native-edit-context").first().waitFor({ state: "attached" });
  await page.keyboard.press("Control+End");
}

/** Points at a place inside an element, given as fractions of its width and height; what lies above it may take the pointer. */
export async function pointAt(page: Page, target: Locator, x = 0.5, y = 0.5): Promise<void> {
  const box = await target.boundingBox();
  if (!box) throw new Error("nothing to point at");
  await page.mouse.move(box.x + box.width * x, box.y + box.height * y, { steps: 3 });
}

export const pointNowhere = (page: Page) => page.mouse.move(0, 0);
