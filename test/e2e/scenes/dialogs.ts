import { openNotebook } from "../support/actions.ts";
import { smallStudy } from "../support/notebooks.ts";
import { press, trust, type Scene } from "./scene.ts";

/** The palette, the keys, find, and the menu of devices. */
export const dialogs: Scene = async ({ page }, { shoot }) => {
  await openNotebook(page, "small.md", smallStudy);
  await trust(page);
  await page.getByRole("button", { name: "Train 4 runs" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByPlaceholder("What to do?").fill("cell");
  await shoot("palette");
  await page.keyboard.press("Escape");
  await press(page, "#study");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await shoot("help");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+f");
  await page.getByRole("searchbox", { name: "Find in notebook" }).fill("arms");
  await shoot("find", { themes: ["light"] });
  await page.keyboard.press("Escape");
  const device = page.getByRole("combobox", { name: "Train on" });
  await device.focus();
  await page.keyboard.press("Space");
  await shoot("devices", { themes: ["light"] }); // the browser draws this list, and keeps the colours it was opened in
};
