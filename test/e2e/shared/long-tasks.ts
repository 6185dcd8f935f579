import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cell } from "../support/actions.ts";
import type { AppHost, AppSession } from "../support/hosts.ts";
import { smallStudy } from "../support/notebooks.ts";
import { tasksDuring } from "../support/tasks.ts";

/** Milliseconds: longer and a person feels it (https://w3c.github.io/longtasks). */
const longTask = 50;

const study = smallStudy.replace("steps: 12", "steps: 1500").replace("evalEvery: 6", "evalEvery: 50");

/** The page stays smooth while a study trains. */
export function longTasks(host: AppHost): void {
  describe(`the page while a study trains, in ${host.name}`, () => {
    let session: AppSession;
    beforeAll(async () => {
      session = await host.open();
      await session.openText("smooth.md", study);
      await session.page.getByRole("button", { name: "Trust and run its views" }).click();
      await session.page.getByRole("button", { name: "Train 4 runs" }).waitFor();
    });
    afterAll(() => session?.close());

    it(`computes for no longer than ${longTask} ms at a time, curves drawn and text scrolled meanwhile`, async () => {
      const { page } = session;
      const panel = cell(page, "study");
      const tasks = await tasksDuring(page, async () => {
        await panel.getByRole("button", { name: "Train 4 runs" }).click();
        await panel
          .getByRole("img", { name: / from [\d.]+ to / })
          .first()
          .waitFor();
        await page.evaluate(async () => {
          const scroll = document.querySelector(".notebook .scroll")!;
          for (let frame = 0; frame < 120; frame++) {
            scroll.scrollTop += frame % 40 < 20 ? 15 : -15;
            await new Promise(requestAnimationFrame);
          }
        });
        await panel.getByRole("button", { name: "Train again" }).waitFor({ timeout: 90_000 });
      });
      const worst = (of: "wall" | "cpu"): number => tasks.reduce((most, task) => Math.max(most, task[of]), 0);
      const late = tasks.filter((task) => task.wall > longTask).length;
      console.log(
        `${host.name}: ${tasks.length} tasks while training; longest ${worst("cpu").toFixed(1)} ms of computing, ${worst("wall").toFixed(1)} ms by the clock (${late} over ${longTask} ms)`,
      );
      expect(tasks.length).toBeGreaterThan(100);
      // Computing time: on a crowded machine the clock also counts what other programs did.
      expect(tasks.filter((task) => !(task.cpu <= longTask))).toEqual([]);
    });

    it("raises no error", () => {
      expect(session.problems).toEqual([]);
    });
  });
}
