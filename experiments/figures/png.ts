/** SVG → PNG with resvg, in windows, workers and Node alike: the caller brings the module and the fonts. */
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { Letters, type FontFamily } from "./png-letters.ts";
import { fontFamily } from "./text.ts";

export interface PngRenderer {
  /** @param scale pixels of the picture per pixel of the figure */
  render(svg: string, scale?: number): Uint8Array;
  /** letters of the texts that no font here has: the picture shows a box for each */
  missing(svg: string): string[];
}

let initialised: Promise<void> | null = null;

/**
 * @param wasm `@resvg/resvg-wasm/index_bg.wasm`; read once per thread
 * @param families the figures' typeface, then those that have what it lacks, the better first; WOFF2 or TrueType
 */
export async function pngRenderer(wasm: () => Promise<BufferSource>, families: readonly FontFamily[]): Promise<PngRenderer> {
  initialised ??= wasm().then((bytes) => initWasm(bytes));
  await initialised;
  const draw = <T>(
    svg: string,
    used: readonly FontFamily[],
    scale: number,
    read: (image: ReturnType<InstanceType<typeof Resvg>["render"]>) => T,
  ): T => {
    const [{ name }] = used;
    const font = {
      loadSystemFonts: false,
      fontBuffers: used.flatMap(({ files }) => files),
      defaultFontFamily: name,
      sansSerifFamily: name,
    };
    const resvg = new Resvg(svg, { font, fitTo: { mode: "zoom", value: scale } });
    const image = resvg.render();
    const result = read(image);
    image.free();
    resvg.free();
    return result;
  };
  const letters = new Letters(families, (svg, used) => draw(svg, used, 1, ({ pixels, width, height }) => ({ pixels, width, height })));
  // resvg names one family, not a stack
  const prepare = (svg: string) => letters.prepared(svg.replaceAll(`font-family="${fontFamily}"`, `font-family="${families[0].name}"`));
  let last: { svg: string; prepared: ReturnType<typeof prepare> } | undefined;
  const prepared = (svg: string) => (last?.svg === svg ? last : (last = { svg, prepared: prepare(svg) })).prepared;
  return {
    render(svg, scale = 2) {
      const { svg: told, families: used } = prepared(svg);
      return draw(told, used, scale, (image) => image.asPng());
    },
    missing: (svg) => prepared(svg).missing,
  };
}
