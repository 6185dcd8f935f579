/** Figures as files that a person can open: for each study and figure an SVG and a PNG in both themes, and one page of all. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodePngRenderer } from "../../experiments/figures/node/png.ts";
import { figures } from "../../experiments/figures/registry.ts";
import { escapeXml } from "../../experiments/figures/svg.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import { awkward, balancing, grid, huge, learningRates, mtp } from "./studies.ts";

const studies: Record<string, () => ExperimentResult> = {
  "four ways of balancing": () => balancing,
  "multi-token prediction": () => mtp,
  "learning rates": () => learningRates,
  "a grid of two numbers": () => grid,
  ...awkward,
  "a million points": huge,
};

/** Figures as they are drawn by default, and with the options that change their axes. */
const drawings: [figure: string, options: Record<string, unknown>][] = [
  ...Object.keys(figures).map((figure): [string, Record<string, unknown>] => [figure, {}]),
  ["curves", { x: "tokens", logX: true, logY: true }],
  ["curves", { x: "seconds", band: "sd", smoothing: 0, metrics: ["valBpb.prose", "valBpb.code", "gradNorm"] }],
  ["sweep", { metric: "maxVioGlobal", logY: true }],
  ["tradeOff", { logX: false, logY: true, x: "specialisation" }],
  ["expertLoad", { by: "all" }],
];

export interface PictureOptions {
  /** pixels of a figure */
  width: number;
  /** pixels of a PNG per pixel of its figure */
  scale: number;
  /** part of "study/figure"; "" for all */
  only: string;
}

export async function writePictures(
  folder: string,
  { width, scale, only }: PictureOptions,
): Promise<{ index: string; pictures: number; seconds: number }> {
  const start = performance.now();
  const renderer = await nodePngRenderer();
  mkdirSync(folder, { recursive: true });
  const sections: string[] = [];
  let pictures = 0;
  for (const [study, make] of Object.entries(studies)) {
    const wanted = drawings.filter(([figure]) => `${study}/${figure}`.includes(only));
    if (!wanted.length) continue;
    const experiment = make();
    const shown: string[] = [];
    wanted.forEach(([figure, options], i) => {
      const drawnAt = performance.now();
      const [light, dark] = (["light", "dark"] as const).map((theme) => figures[figure].draw(experiment, options, { width, theme }));
      const milliseconds = (performance.now() - drawnAt) / 2;
      const again = drawings.findIndex(([name]) => name === figure) < drawings.indexOf(wanted[i]);
      const name = `${study}-${figure}${again ? `-${i}` : ""}`.replace(/[^\w-]+/g, "-");
      for (const [theme, { svg }] of [
        ["light", light],
        ["dark", dark],
      ] as const) {
        writeFileSync(join(folder, `${name}-${theme}.svg`), svg);
        writeFileSync(join(folder, `${name}-${theme}.png`), renderer.render(svg, scale));
        pictures++;
      }
      const image = (theme: string) =>
        `<a href="${name}-${theme}.svg"><img loading="lazy" src="${name}-${theme}.png" width="${light.width}" height="${light.height}" alt=""></a>`;
      const how = Object.keys(options).length ? ` ${JSON.stringify(options)}` : "";
      shown.push(
        `<h3>${figure}${escapeXml(how)} <small>${milliseconds.toFixed(0)} ms, ${Math.ceil(light.svg.length / 1000)} kB</small></h3><div>${image("light")}${image("dark")}</div><p>${escapeXml(`${light.title}. ${light.alternative}`.slice(0, 1500))}</p>`,
      );
    });
    sections.push(`<h2 id="${escapeXml(study)}">${escapeXml(study)}</h2>${shown.join("\n")}`);
  }
  const index = join(folder, "index.html");
  writeFileSync(index, page(sections));
  return { index, pictures, seconds: (performance.now() - start) / 1000 };
}

function page(sections: readonly string[]): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Figures at their extremes</title>
<style>
  body { margin: 2rem; font: 15px/1.45 Inter, system-ui, sans-serif; background: #f4f2ed; color: #1d1f23 }
  div { display: flex; flex-wrap: wrap; gap: 1rem }
  img { max-width: 100%; height: auto; border: 1px solid #dfdbd2 }
  h2 { margin-top: 3rem } h3 { margin: 1.5rem 0 0.4rem } small, p { color: #55565a; font-weight: 400 } p { max-width: 90rem }
</style>
<h1>Figures at their extremes</h1>
${sections.join("\n")}
</html>
`;
}
