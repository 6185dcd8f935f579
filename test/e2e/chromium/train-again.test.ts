import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cell, openNotebook } from "../support/actions.ts";
import { openChromium, type Session } from "../support/chromium.ts";
import { smallStudy } from "../support/notebooks.ts";

/** A view that tells when the runs it reads were trained. */
const dated = `${smallStudy}
\`\`\`ts {#dated}
study.runs.map((run) => run.provenance.when).sort()[0]
\`\`\`
`;

describe("Train again", () => {
  let session: Session;
  /** Below the fold a cell is not drawn, and has no inner text. */
  const shown = async () => ((await cell(session.page, "dated").locator(".outputs").textContent()) ?? "").trim();
  beforeAll(async () => {
    session = await openChromium();
    await openNotebook(session.page, "dated.md", dated);
    await session.page.getByRole("button", { name: "Trust and run its views" }).click();
    await session.page.getByRole("button", { name: "Train 4 runs" }).click();
    await cell(session.page, "study").getByRole("button", { name: "Train again" }).waitFor();
    await cell(session.page, "dated").locator(".outputs").waitFor();
  });
  afterAll(() => session.close());

  it("leaves no value of the earlier runs behind: cells that read the experiment run again", async () => {
    await expect.poll(shown, { timeout: 60_000 }).toMatch(/^"?\d{4}-\d\d-\d\dT/);
    const before = await shown();
    await cell(session.page, "study").getByRole("button", { name: "Train again" }).click();
    await expect.poll(shown, { timeout: 60_000 }).not.toBe(before);
    expect((await shown()) > before).toBe(true);
    await cell(session.page, "study").getByRole("tab", { name: "Runs" }).click();
    const statuses = await cell(session.page, "study").locator("tbody tr td:nth-child(3)").allInnerTexts();
    expect(statuses).toEqual(["done", "done", "done", "done"]); // none was taken from the store
  });

  it("holds for that time only: running the cell takes the runs from the store", async () => {
    const before = await shown();
    await session.page.getByRole("button", { name: "Run study" }).click();
    await cell(session.page, "study").getByText("cached", { exact: true }).first().waitFor();
    expect(await shown()).toBe(before);
    expect(session.problems).toEqual([]);
  });
});
