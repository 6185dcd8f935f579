import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cell } from "../support/actions.ts";
import type { AppHost, AppSession } from "../support/hosts.ts";
import { smallStudy } from "../support/notebooks.ts";

/** Nats. Both backends count in 32 bits; what differs after a dozen steps is the order of their sums. */
const tolerance = 1e-3;

/** A study on the GPU's path, with Chromium's software adapter. */
export function webGpu(host: AppHost, switches: string[]): void {
  describe(`training on WebGPU, in ${host.name}`, () => {
    let session: AppSession;
    const study = () => cell(session.page, "study");
    const device = () => session.page.getByRole("combobox", { name: "Train on" });

    /** Trains everything on the chosen device. @returns losses by arm, seed, metric and step */
    async function losses(button: string, backend: string): Promise<Map<string, number>> {
      const { page } = session;
      await study().getByRole("button", { name: button }).click();
      await study().getByRole("button", { name: "Stop", exact: true }).waitFor();
      await study().getByRole("button", { name: "Train again" }).waitFor({ timeout: 90_000 });
      await study().getByRole("tab", { name: "Runs" }).click();
      const devices = await study().locator("tbody tr").locator("td:nth-child(9)").allInnerTexts();
      expect(devices).toEqual([backend, backend, backend, backend]);
      await study().getByRole("tab", { name: "Curves" }).click();
      const { bytes } = await session.file(async () => {
        await study()
          .getByRole("button", { name: /^Export figure/ })
          .click();
        await page.getByRole("menuitem", { name: "Export CSV…" }).click();
      });
      const rows = bytes
        .toString()
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.split(","));
      return new Map(rows.map(([arm, seed, metric, step, value]) => [`${arm}, seed ${seed}: ${metric} at step ${step}`, Number(value)]));
    }

    beforeAll(async () => {
      session = await host.open(switches);
      await session.openText("tiny.md", smallStudy);
      await session.page.getByRole("button", { name: "Trust and run its views" }).click();
    });
    afterAll(() => session?.close());

    it(`reaches the losses of the CPU backend within ${tolerance} nats at every step`, async () => {
      await device().selectOption("cpu");
      const cpu = await losses("Train 4 runs", "cpu");
      await device().selectOption("webgpu");
      const gpu = await losses("Train again", "webgpu");
      expect([...gpu.keys()]).toEqual([...cpu.keys()]);
      expect(gpu.size).toBeGreaterThan(4 * 12);
      const differences = [...gpu].map(([point, loss]) => ({ point, difference: Math.abs(loss - cpu.get(point)!) }));
      const largest = differences.reduce((most, it) => (it.difference > most.difference ? it : most));
      console.log(`${host.name}: WebGPU and CPU differ by at most ${largest.difference.toExponential(1)} nats (${largest.point})`);
      expect(largest.difference).toBeLessThan(tolerance);
      expect(largest.difference).toBeGreaterThan(0); // the same bits would be the same backend
    });

    it("raises no error", () => {
      expect(session.problems).toEqual([]);
    });
  });
}
