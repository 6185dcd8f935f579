import { describe, expect, it } from "vitest";
import { openNotebook } from "../support/actions.ts";
import { axeFindings } from "../support/axe.ts";
import { openChromium } from "../support/chromium.ts";
import { smallStudy } from "../support/notebooks.ts";

describe.each(["light", "dark"] as const)("axe in the %s theme", (colorScheme) => {
  it("finds nothing on the start page, in a notebook with results, in the palette and in the help", async () => {
    const { page, close } = await openChromium({ colorScheme });
    try {
      await page.getByRole("heading", { name: "Switchyard" }).waitFor();
      expect(await axeFindings(page)).toEqual([]);
      await openNotebook(page, "small.md", smallStudy);
      await page.getByRole("button", { name: "Trust and run its views" }).click();
      await page.getByRole("button", { name: "Train 4 runs" }).waitFor();
      expect(await axeFindings(page)).toEqual([]);
      await page.getByRole("button", { name: "Train 4 runs" }).click();
      await page
        .locator(".words")
        .getByText(/^Validation loss: /)
        .waitFor({ timeout: 60_000 });
      expect(await axeFindings(page)).toEqual([]);
      for (const tab of ["Curves", "Experts", "Log"]) {
        await page.getByRole("tab", { name: tab }).click();
        expect(await axeFindings(page)).toEqual([]);
      }
      await page.keyboard.press("Control+k");
      expect(await axeFindings(page)).toEqual([]);
      await page.keyboard.press("Escape");
    } finally {
      await close();
    }
  });
});
