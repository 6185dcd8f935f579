import { expect, test } from "vitest";
import { nodePngRenderer } from "../../experiments/figures/node/png.ts";
import { figures } from "../../experiments/figures/registry.ts";
import { balancing } from "./studies.ts";

test("a PNG has two pixels per pixel of the figure, and text in it", async () => {
  const renderer = await nodePngRenderer();
  const { svg, width, height } = figures.forest.draw(balancing, {}, { width: 500, theme: "light" });
  const png = renderer.render(svg);
  const view = new DataView(png.buffer, png.byteOffset);
  expect([...png.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  expect([view.getUint32(16), view.getUint32(20)]).toEqual([2 * width, 2 * height]);
  const withoutText = renderer.render(svg.replace(/<text.*?<\/text>/gs, ""));
  expect(png.length).toBeGreaterThan(1.5 * withoutText.length);
});
