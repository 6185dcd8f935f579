/** Which file of the renderer's folder a URL of the `app://` scheme names. */

export const appOrigin = "app://switchyard";

const mimeTypes: Record<string, string> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json; charset=utf-8",
  map: "application/json; charset=utf-8",
  md: "text/markdown; charset=utf-8",
  txt: "text/plain; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  ico: "image/x-icon",
  wasm: "application/wasm",
  woff: "font/woff",
  woff2: "font/woff2",
  ttf: "font/ttf",
  gz: "application/octet-stream",
};

/**
 * Path below the renderer's folder, with forward slashes, or null for everything that is not plainly inside it.
 * The URL parser has already resolved `..`; what is left is refused rather than repaired.
 */
export function assetPath(url: string): string | null {
  let parsed: URL;
  let path: string;
  try {
    parsed = new URL(url);
    path = decodeURIComponent(parsed.pathname);
  } catch {
    return null;
  }
  if (parsed.protocol !== "app:" || parsed.host !== "switchyard") return null;
  if (path === "/" || path === "") return "index.html";
  const parts = path.slice(1).split("/");
  if (parts.some((part) => part === "" || part === "." || part === ".." || /[\\:\0]/.test(part))) return null;
  return parts.join("/");
}

export function mimeType(path: string): string {
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  return mimeTypes[extension] ?? "application/octet-stream";
}
