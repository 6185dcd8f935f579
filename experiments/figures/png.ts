/** SVG → PNG with resvg, in windows, workers and Node alike: the caller brings the module and the fonts. */
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { fontFamily } from "./text.ts";

export interface PngRenderer {
  /** @param scale pixels of the picture per pixel of the figure */
  render(svg: string, scale?: number): Uint8Array;
}

let initialised: Promise<void> | null = null;

/**
 * @param wasm `@resvg/resvg-wasm/index_bg.wasm`; read once per thread
 * @param fonts WOFF2 or TrueType files of the figures' typeface, the most important first
 */
export async function pngRenderer(wasm: () => Promise<BufferSource>, fonts: Uint8Array[]): Promise<PngRenderer> {
  initialised ??= wasm().then((bytes) => initWasm(bytes));
  await initialised;
  const font = { loadSystemFonts: false, fontBuffers: fonts, defaultFontFamily: "Inter", sansSerifFamily: "Inter" };
  return {
    render(svg, scale = 2) {
      // resvg names one family, not a stack
      const resvg = new Resvg(svg.replace(`font-family="${fontFamily}"`, 'font-family="Inter"'), { font, fitTo: { mode: "zoom", value: scale } });
      const image = resvg.render();
      const png = image.asPng();
      image.free();
      resvg.free();
      return png;
    },
  };
}
