/** The `app://` scheme: the renderer's files, each with the headers that isolate the page. */
import { protocol } from "electron";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { assetPath, mimeType } from "./policy/assets.ts";
import { headersFor } from "./policy/headers.ts";

/** Call before `ready`, at the top level of the main module: privileges cannot be given later. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: "app", privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true } },
  ]);
}

/** @param folder the built renderer */
export function serveScheme(folder: string): void {
  protocol.handle("app", async (request) => {
    const headers = headersFor(new URL(request.url).pathname);
    const path = assetPath(request.url);
    if (path === null) return new Response("not found", { status: 404, headers });
    try {
      const bytes = await readFile(join(folder, path));
      return new Response(bytes, { headers: { ...headers, "Content-Type": mimeType(path) } });
    } catch {
      return new Response("not found", { status: 404, headers });
    }
  });
}
