import { pointNowhere, press, type Scene } from "./scene.ts";

/** What is there while nothing is: a new notebook, panes with nothing to show, a notebook without cells. */
export const empty: Scene = async ({ page }, { shoot }) => {
  await page.getByRole("heading", { name: "Switchyard" }).waitFor();
  await press(page, "New notebook");
  await page.getByRole("button", { name: /^Train/ }).waitFor();
  await page.keyboard.press("Control+i");
  await pointNowhere(page);
  await shoot("new", { themes: ["light"] });
  await page.keyboard.press("Control+i");
  await page.getByRole("button", { name: "#study", exact: true }).click();
  for (const block of ["cell", "text"]) {
    await page.keyboard.press("d");
    await page.keyboard.press("d");
    await page.waitForTimeout(block === "cell" ? 100 : 0);
  }
  await page.getByText("This notebook is empty").waitFor();
  await shoot("empty", { themes: ["light"] });
};
