/** Where a window may go: nowhere but its own page. Links of a notebook open in the person's browser. */
import { appOrigin } from "./assets.ts";

export type NavigationVerdict = "stay" | "external" | "block";

/** Only pages that nobody on the way can have changed. Other schemes (file:, smb:, ms-*:, javascript:) can start programs. */
const externalSchemes = new Set(["https:"]);

function parse(url: string): URL | null {
  try {
    return new URL(url);
  } catch {
    return null;
  }
}

/** A page of ours: the packaged one, or the development server's. */
export function isAppUrl(url: string, developmentUrl: string | null = null): boolean {
  const parsed = parse(url);
  if (!parsed) return false;
  if (parsed.protocol === "app:") return `${parsed.protocol}//${parsed.host}` === appOrigin;
  return developmentUrl !== null && parsed.origin !== "null" && parsed.origin === parse(developmentUrl)?.origin;
}

/** Decides a navigation of the top frame. */
export function navigationVerdict(url: string, developmentUrl: string | null = null): NavigationVerdict {
  if (isAppUrl(url, developmentUrl)) return "stay";
  return windowVerdict(url);
}

/** Decides `window.open` and links with a target: no window of ours is ever opened by a page. */
export function windowVerdict(url: string): Exclude<NavigationVerdict, "stay"> {
  const parsed = parse(url);
  if (!parsed || !externalSchemes.has(parsed.protocol)) return "block";
  if (parsed.username || parsed.password) return "block";
  return "external";
}

/** What a person is asked before a link opens: where it leads stands first, for its text may say anything. */
export function linkQuestion(url: string): { message: string; detail: string } {
  const { host, href } = new URL(url);
  return {
    message: `Open ${host} in your browser?`,
    detail: href.length > 600 ? `${href.slice(0, 600)}… (${href.length} characters in all)` : href,
  };
}
