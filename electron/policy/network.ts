/** The app speaks to nobody: which requests may go on at all, in every session. */
import { appOrigin } from "./assets.ts";

/** Documents that make no request over a network. */
const local = new Set(["data:", "blob:", "devtools:"]);

/** @param developmentUrl of the development server, whose page reloads itself over a socket */
export function mayRequest(url: string, developmentUrl: string | null = null): boolean {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return false;
  }
  if (local.has(parsed.protocol)) return true;
  if (parsed.protocol === "app:") return `${parsed.protocol}//${parsed.host}` === appOrigin;
  if (developmentUrl === null) return false;
  const { host } = new URL(developmentUrl);
  return parsed.host === host && ["http:", "ws:"].includes(parsed.protocol);
}
