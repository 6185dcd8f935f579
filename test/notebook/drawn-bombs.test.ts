/** Drawings made to hang or break whoever paints them. */
import { describe, expect, test } from "vitest";
import { cleanSvg } from "../../experiments/figures/drawn/clean-svg.ts";
import { nodePngRenderer } from "../../experiments/figures/node/png.ts";

const many = (piece: string, times: number) => piece.repeat(times);
const picture = (bytes: number[], kind: string) =>
  `<svg><image href="data:image/${kind};base64,${btoa(String.fromCharCode(...bytes))}"/></svg>`;
const uint32 = (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const png = (width: number, height: number) => [
  137,
  80,
  78,
  71,
  13,
  10,
  26,
  10,
  0,
  0,
  0,
  13,
  73,
  72,
  68,
  82,
  ...uint32(width),
  ...uint32(height),
  8,
  6,
  0,
  0,
  0,
];
const doubling = (name: string, refer: (id: string) => string) =>
  `<svg><defs><${name} id="a0"><rect width="1" height="1"/></${name}>${Array.from({ length: 40 }, (_, n) => `<${name} id="a${n + 1}">${many(refer(`a${n}`), 2)}</${name}>`).join("")}</defs>${refer("a40")}</svg>`;

describe("a drawing is refused with a sentence", () => {
  test.each([
    ["uses that double forty times", doubling("g", (id) => `<use href="#${id}"/>`), "becomes"],
    ["uses by the older name that double", doubling("g", (id) => `<use xlink:href="#${id}"/>`), "becomes"],
    ["symbols that double", doubling("symbol", (id) => `<use href="#${id}"/>`), "becomes"],
    ["patterns in patterns", doubling("pattern", (id) => `<rect fill="url(#${id})"/>`), "becomes"],
    ["masks in masks", doubling("mask", (id) => `<g mask="url('#${id}')"/>`), "becomes"],
    ["clips in clips", doubling("clipPath", (id) => `<path clip-path="url( #${id} )"/>`), "becomes"],
    ["markers in markers, by a style", doubling("marker", (id) => `<path style="marker-end:url(#${id})"/>`), "becomes"],
    ["a part that uses itself", '<svg><g id="a"><use href="#a"/></g></svg>', "uses itself"],
    ["two parts that use each other", '<svg><g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g></svg>', "uses itself"],
    [
      "a pattern that a style sheet gives to its own shapes",
      '<svg><style>rect{fill:url(#p)}</style><pattern id="p"><rect/></pattern></svg>',
      "uses itself",
    ],
    ["elements 50,000 levels deep", `<svg>${many("<g>", 50_000)}`, "nested deeper"],
    ["unknown elements 50,000 levels deep", `<svg>${many("<x>", 50_000)}`, "nested deeper"],
    ["200,000 shapes", `<svg>${many("<path/>", 200_000)}</svg>`, "200,001 shapes"],
  ])("%s", (_what, svg, why) => {
    const begin = performance.now();
    expect(() => cleanSvg(svg)).toThrow(why);
    expect(performance.now() - begin).toBeLessThan(5000);
  });
});

describe("a drawing loses", () => {
  test.each([
    ["a PNG of 10 gigapixels", picture(png(100_000, 100_000), "png"), false],
    ["a GIF of 4 gigapixels", picture([..."GIF89a"].map((c) => c.charCodeAt(0)).concat([255, 255, 255, 255]), "gif"), false],
    [
      "a JPEG of 4 gigapixels",
      picture([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc0, 0, 11, 8, 255, 255, 255, 255, 1, 1, 0x11, 0], "jpeg"),
      false,
    ],
    ["a picture that is none", picture([1, 2, 3], "png"), false],
    ["no small PNG", picture(png(100, 100), "png"), true],
  ])("%s", (_what, svg, kept) => expect(cleanSvg(svg).svg.includes("data:image")).toBe(kept));

  test.each([
    "@keyframes a{to{x:1}}",
    "rect{animation:a 1s infinite}",
    "rect{transition:all 1s}",
    "rect{filter:blur(9999px)}",
    "@font-face{src:local(x)}",
    "g{backdrop-filter:blur(1px)}",
  ])("a style sheet that moves or blurs: %s", (css) => {
    expect(cleanSvg(`<svg><style>${css}</style><rect style="${css.replace(/^.*\{|\}$/g, "")}"/></svg>`).svg).not.toContain(css);
  });
});

describe("a size without end", () => {
  test.each([
    "width='1e309' height='1e309'",
    "width='1e300' height='1'",
    "width='1' height='1e-300'",
    "viewBox='0 0 1e308 1e308'",
    "viewBox='-1e309 0 1 1'",
    "viewBox='0 0 1e-320 1'",
    "viewBox='0 0 NaN 1' width='Infinity'",
    "width='9e99px'",
    "viewBox='0 0 1000000 0.000001'",
  ])("%s: the drawing has a size, and a picture of it can be made", async (attributes) => {
    const renderer = await nodePngRenderer();
    const drawn = cleanSvg(
      `<svg ${attributes}><rect width="1e309" height="-1e309" rx="NaN"/><path d="M0 0L1e300 1e-300z" stroke-dasharray="1e-9"/><circle r="1e38"/></svg>`,
    );
    for (const side of [drawn.width, drawn.height]) expect(side > 0 && side <= 4000).toBe(true);
    expect(renderer.render(drawn.svg).length).toBeGreaterThan(50);
  });
});
