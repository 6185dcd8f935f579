import type { Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { measure, type Weight } from "../../../experiments/figures/text.ts";
import { cell, openNotebook } from "../support/actions.ts";
import { axeFindings } from "../support/axe.ts";
import { openChromium, type Session } from "../support/chromium.ts";
import { smallStudy } from "../support/notebooks.ts";

describe("a figure under a reader's hands", () => {
  let session: Session;
  let curves: Locator;
  /** entry of the legend */
  const entry = (name: string) => curves.getByRole("button", { name, exact: true });
  const plot = (name: RegExp) => curves.getByRole("slider", { name });
  const drawn = (arm: string) => curves.locator(`svg svg g[data-arm="${arm}"]`);
  const range = async (name = /^Training loss/) => {
    const [low, high] = await Promise.all(["aria-valuemin", "aria-valuemax"].map((key) => plot(name).getAttribute(key)));
    return [Number(low), Number(high)];
  };

  beforeAll(async () => {
    session = await openChromium();
    const { page } = session;
    await openNotebook(page, "small.md", smallStudy);
    await page.getByRole("button", { name: "Trust and run its views" }).click();
    await page.getByRole("button", { name: "Train 4 runs" }).click();
    const study = cell(page, "study");
    await study
      .locator(".words")
      .getByText(/^Validation loss: /)
      .waitFor({ timeout: 90_000 });
    await study.getByRole("tab", { name: "Curves" }).click();
    curves = study.locator("figure").first();
    await plot(/^Training loss/).waitFor();
  });
  afterAll(() => session.close());

  it("hides an arm at a click on its legend entry and shows it at the next", async () => {
    expect(await entry("plain").getAttribute("aria-pressed")).toBe("true");
    expect(await drawn("plain").count()).toBeGreaterThan(0);
    await entry("plain").click();
    expect(await entry("plain").getAttribute("aria-pressed")).toBe("false");
    expect(await drawn("plain").count()).toBe(0);
    expect(await drawn("loss-free").count()).toBeGreaterThan(0);
    // what is hidden is said in the figure, and is still in its alternative
    await curves.locator("svg text", { hasText: "Hidden: “plain”." }).waitFor();
    expect(await curves.locator("svg[role=img]").first().getAttribute("aria-label")).toContain("plain from");
    await entry("plain").click();
    expect(await drawn("plain").count()).toBeGreaterThan(0);
  });

  it("does the same by keyboard, keeps the focus, and shows one arm alone with Shift", async () => {
    await entry("loss-free").focus();
    await session.page.keyboard.press("Enter");
    expect(await entry("loss-free").getAttribute("aria-pressed")).toBe("false");
    await session.page.keyboard.press("Space");
    expect(await entry("loss-free").getAttribute("aria-pressed")).toBe("true");
    await entry("loss-free").click({ modifiers: ["Shift"] });
    expect(await drawn("plain").count()).toBe(0);
    await entry("loss-free").click({ modifiers: ["Shift"] });
    expect(await drawn("plain").count()).toBeGreaterThan(0);
  });

  it("makes an arm's seeds stand out under the pointer, and lets the others fade", async () => {
    await entry("plain").hover();
    expect(await curves.locator('g[data-arm="plain"][data-lit]').count()).toBeGreaterThan(0);
    expect(await curves.locator('g[data-arm="loss-free"][data-faded]').count()).toBeGreaterThan(0);
    await session.page.mouse.move(0, 0);
    expect(await curves.locator("[data-lit], [data-faded]").count()).toBe(0);
  });

  it("zooms all its plots to a range that is dragged, and back at a double click", async () => {
    const { page } = session;
    const [low, high] = await range();
    const box = (await plot(/^Training loss/).boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.25, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height / 2, { steps: 3 });
    await page.mouse.up();
    const pixel = (high - low) / box.width;
    const [from, to] = await range();
    expect(Math.abs(from - (low + (high - low) * 0.25))).toBeLessThan(1.5 * pixel);
    expect(Math.abs(to - (low + (high - low) * 0.5))).toBeLessThan(1.5 * pixel);
    expect(await range(/^Validation loss/)).toEqual([from, to]);
    await curves.locator("svg text", { hasText: /^A part of the axis: steps from/ }).waitFor();
    await plot(/^Training loss/).dblclick();
    expect(await range()).toEqual([low, high]);
  });

  it("zooms about the pointer with Shift and the wheel, and back with the button", async () => {
    const { page } = session;
    const whole = await range();
    const box = (await plot(/^Training loss/).boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.keyboard.down("Shift");
    await page.mouse.wheel(0, -120);
    await page.keyboard.up("Shift");
    await expect.poll(async () => (await range())[0]).toBeGreaterThan(whole[0]);
    expect((await range())[1]).toBeLessThan(whole[1]);
    await curves.getByRole("button", { name: "Whole axis" }).click();
    expect(await range()).toEqual(whole);
  });

  it("moves the crosshair, zooms, pans and goes back by keyboard; every chart shows the crosshair", async () => {
    const { page } = session;
    const whole = await range();
    await plot(/^Training loss/).focus();
    await page.keyboard.press("Home");
    for (let i = 0; i < 25; i++) await page.keyboard.press("ArrowRight");
    const value = Number(await plot(/^Training loss/).getAttribute("aria-valuenow"));
    expect(Math.abs(value - (whole[0] + whole[1]) / 2)).toBeLessThan((whole[1] - whole[0]) * 0.01);
    expect(await plot(/^Training loss/).getAttribute("aria-valuetext")).toMatch(/^steps [\d.]+: .*plain \d/);
    expect(await curves.locator(".line").count()).toBe(2);
    await page.keyboard.press("+");
    const [low, high] = await range();
    expect((high - low) / (whole[1] - whole[0])).toBeCloseTo(0.5, 6);
    await page.keyboard.press("Shift+ArrowRight");
    expect((await range())[0]).toBeCloseTo(low + 0.2 * (high - low), 6);
    await page.keyboard.press("-");
    await page.keyboard.press("0");
    expect(await range()).toEqual(whole);
    await page.keyboard.press("+");
    await page.keyboard.press("Escape");
    expect(await range()).toEqual(whole);
  });

  it("has texts as wide as they were measured", async () => {
    const texts = await session.page.locator("figure svg[role=img] text").evaluateAll((all) =>
      all.map((text) => ({
        text: [...text.childNodes]
          .filter((node) => node.nodeType === 3)
          .map((node) => node.textContent)
          .join(""),
        size: Number(text.getAttribute("font-size")),
        weight: Number(text.getAttribute("font-weight") ?? 400),
        width: (text as SVGTextElement).getComputedTextLength(),
      })),
    );
    expect(texts.length).toBeGreaterThan(40);
    // kerning takes up to 2 % of an em per pair
    for (const { text, size, weight, width } of texts)
      expect(Math.abs(width - measure(text, { size, weight: weight as Weight })), text).toBeLessThan(1 + 0.02 * size * text.length);
  });

  it("exports what is shown, and says what is not", async () => {
    const { page } = session;
    const exported = async (): Promise<string> => {
      await curves.hover();
      await curves.getByRole("button", { name: /^Export figure/ }).click();
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: "Export SVG…" }).click()]);
      const chunks: Buffer[] = [];
      for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString();
    };
    const whole = await exported();
    expect(whole.includes("Hidden:")).toBe(false);
    await entry("plain").click();
    const part = await exported();
    expect(part.includes("Hidden: “plain”.")).toBe(true);
    expect(part.match(/data-arm="plain"/g)?.length).toBe(1); // its entry in the legend
    await entry("plain").click();
    expect((await exported()) === whole).toBe(true);
  });

  it("gives axe nothing to find, zoomed and with an arm hidden", async () => {
    await entry("plain").click();
    await plot(/^Training loss/).focus();
    await session.page.keyboard.press("+");
    expect(await axeFindings(session.page)).toEqual([]);
  });

  it("raises no error or warning in all of this", () => {
    expect(session.problems).toEqual([]);
  });
});
