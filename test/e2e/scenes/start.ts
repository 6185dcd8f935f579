import type { Scene } from "./scene.ts";

/** The first start: the gallery, its cards filled in. */
export const start: Scene = async ({ page }, { shoot }) => {
  await page.getByRole("heading", { name: "Switchyard" }).waitFor();
  const cards = page.locator("section[aria-labelledby=gallery] > ul > li");
  for (const card of await cards.all()) {
    await card.getByText(/^full budget/).waitFor();
    await card.getByRole("img").first().waitFor();
  }
  await shoot("start");
  await page.setViewportSize({ width: 900, height: 800 });
  await shoot("start-narrow", { themes: ["light"] });
};
