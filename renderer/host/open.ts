import { browserHost } from "./browser.ts";
import { electronHost } from "./electron.ts";
import type { Host } from "./host.ts";

/** The host of this page: Electron's where its preload has run. */
export function openHost(): Host {
  return globalThis.switchyardBridge ? electronHost(globalThis.switchyardBridge) : browserHost();
}
