import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { axeFindings } from "../support/axe.ts";
import type { AppHost, AppSession } from "../support/hosts.ts";

/** What the start page tells of a question before it is opened. */
export function galleryCards(host: AppHost): void {
  describe(`the cards of the gallery, in ${host.name}`, () => {
    let session: AppSession;
    const card = (title: string) => session.page.locator("section[aria-labelledby=gallery] > ul > li").filter({ hasText: title });
    beforeAll(async () => {
      session = await host.open();
    });
    afterAll(() => session?.close());

    it("say that results of the quick budget are there, and what the full one takes", async () => {
      const balancing = card("Does an auxiliary loss cost quality?");
      await balancing.getByText("quick budget: results are here").waitFor();
      await balancing.getByText(/^full budget: \d+ runs, [\d.]+ [kMG] tokens$/).waitFor(); // nothing has trained here: its speed is not known
    });

    it("show the first figure of the notebook, drawn from those results", async () => {
      const image = card("Does an auxiliary loss cost quality?").getByRole("img").first();
      await image.waitFor();
      for (const arm of ["no balancing", "sequence-wise loss", "batch-wise loss", "loss-free"])
        expect(await image.getAttribute("aria-label")).toContain(arm);
      await card("What does predicting more tokens buy?").getByRole("img").first().waitFor();
      expect(await axeFindings(session.page)).toEqual([]);
    });

    it("train nothing", async () => {
      await session.page.keyboard.press("Control+Shift+f");
      await session.page.getByText("No run has been kept yet").waitFor();
      expect(session.problems).toEqual([]);
    });
  });
}
