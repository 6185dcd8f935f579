/** Draws the app's icon in the sizes that desktops ask for: electron/icons/icon.svg -> out/icons/NxN.png. */
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "./root.mjs";

/** Sizes of freedesktop's hicolor theme; 1024 is what macOS and Windows icons are made from. */
const sizes = [16, 24, 32, 48, 64, 128, 256, 512, 1024];

/** @returns {Promise<string>} the folder with the icons */
export async function drawIcons() {
  await initWasm(readFileSync(createRequire(import.meta.url).resolve("@resvg/resvg-wasm/index_bg.wasm")));
  const svg = readFileSync(join(root, "electron/icons/icon.svg"), "utf8");
  const folder = join(root, "out/icons");
  mkdirSync(folder, { recursive: true });
  for (const size of sizes) {
    writeFileSync(join(folder, `${size}x${size}.png`), new Resvg(svg, { fitTo: { mode: "width", value: size } }).render().asPng());
  }
  return folder;
}
