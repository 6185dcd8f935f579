/** Serves the built renderer over HTTP with exactly the headers of the `app://` scheme. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { appOrigin, assetPath, mimeType } from "../../../electron/policy/assets.ts";
import { headersFor } from "../../../electron/policy/headers.ts";
import { renderer } from "./paths.ts";

export interface Served {
  url: string;
  close(): Promise<void>;
}

export async function serveRenderer(): Promise<Served> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    for (const [name, value] of Object.entries(headersFor(pathname))) response.setHeader(name, value);
    const path = assetPath(`${appOrigin}${pathname}`);
    try {
      const bytes = await readFile(join(renderer, path ?? ""));
      response.setHeader("Content-Type", mimeType(path ?? ""));
      response.end(bytes);
    } catch {
      response.statusCode = 404;
      response.end("not found");
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
