/**
 * What d3 and Plot find instead of a browser's globals, inside the sandbox: a document to draw in, and no clock, network
 * or machine behind it. The build puts these exports where the libraries say `document`, `window`, `Intl` and so on; the
 * sandbox's own global names stay the language's.
 */
import { DOMParser } from "linkedom/worker";
import { StillCanvas } from "./still-canvas.ts";

export { EnglishFormats as Intl } from "./english-formats.ts";

export const document = new DOMParser().parseFromString(
  "<!doctype html><html><head></head><body></body></html>",
  "text/html",
) as unknown as Document;

const createElement = document.createElement.bind(document);
document.createElement = ((name: string, options?: ElementCreationOptions) =>
  name.toLowerCase() === "canvas" ? new StillCanvas() : createElement(name, options)) as typeof document.createElement;

/** One pixel per pixel: a figure is not made for one screen. */
export const window = { document, devicePixelRatio: 1 };

/** A figure is still: what waits for time to pass waits for ever. `transitions.ts` says so where a cell would notice. */
export const setTimeout = (): number => 0;
export const clearTimeout = (): void => {};
export const setInterval = setTimeout;
export const clearInterval = clearTimeout;
export const requestAnimationFrame = setTimeout;
export const performance = { now: () => 0 };

export const fetch = (): Promise<never> => Promise.reject(new TypeError("a cell has no network: it reads the results of experiments"));

export class Image {
  constructor() {
    throw new TypeError("a cell has no network: it loads no images");
  }
}
