/** As much of a canvas as Plot needs for colour ramps and rasters: pixels in, a PNG as a data URL out. */
import { rgb } from "d3";
import { pngDataUrl } from "./png.ts";

/** Side lengths beyond this are refused: pixels are held in the sandbox's memory, four bytes each. */
const maxSide = 8192;

export class StillCanvas {
  readonly nodeName = "CANVAS";
  width = 300;
  height = 150;
  private context: StillContext | null = null;

  getContext(kind: string): StillContext | null {
    if (kind !== "2d") return null;
    if (!(this.width >= 0 && this.width <= maxSide && this.height >= 0 && this.height <= maxSide))
      throw new RangeError(`a canvas is at most ${maxSide} pixels wide and high`);
    this.context ??= new StillContext(Math.floor(this.width), Math.floor(this.height));
    return this.context;
  }

  toDataURL(): string {
    const { width, height, pixels } = this.getContext("2d")!;
    return pngDataUrl(width, height, pixels);
  }
}

interface Pixels {
  width: number;
  height: number;
  /** RGBA, rows from the top */
  data: Uint8ClampedArray;
}

class StillContext {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8ClampedArray;
  fillStyle = "#000";

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.pixels = new Uint8ClampedArray(4 * width * height);
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    const { r, g, b, opacity } = rgb(this.fillStyle);
    for (let row = Math.max(0, y); row < Math.min(this.height, y + height); row++)
      for (let column = Math.max(0, x); column < Math.min(this.width, x + width); column++)
        this.pixels.set([r, g, b, opacity * 255], 4 * (row * this.width + column));
  }

  createImageData(width: number, height: number): Pixels {
    return { width, height, data: new Uint8ClampedArray(4 * width * height) };
  }

  putImageData({ width, height, data }: Pixels, x: number, y: number): void {
    for (let row = 0; row < Math.min(height, this.height - y); row++)
      this.pixels.set(
        data.subarray(4 * row * width, 4 * (row * width + Math.min(width, this.width - x))),
        4 * ((y + row) * this.width + x),
      );
  }
}
