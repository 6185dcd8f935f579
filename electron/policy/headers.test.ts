import { describe, expect, it } from "vitest";
import { headersFor } from "./headers.ts";

const paths = [
  "/index.html",
  "/assets/main-abc.js",
  "/assets/engine.worker-1a2b.js",
  "/assets/kernel.worker-1a2b.js",
  "/fonts/Inter.woff2",
  "/missing",
];

describe("headers of app://", () => {
  it.each(paths)("isolates %s from other origins", (path) => {
    expect(headersFor(path)).toMatchObject({
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
      "Cross-Origin-Resource-Policy": "same-origin",
    });
  });

  it.each(paths)("lets %s load no script but the app's own and evaluate none", (path) => {
    const policy = headersFor(path)["Content-Security-Policy"];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'self' 'wasm-unsafe-eval'(;|$)/);
    expect(policy).not.toMatch(/'unsafe-eval'|https?:|\*/);
  });

  it("gives the cell kernel no requests and no workers", () => {
    const policy = headersFor("/assets/kernel.worker-1a2b.js")["Content-Security-Policy"];
    expect(policy).toContain("connect-src 'none'");
    expect(policy).toContain("worker-src 'none'");
  });

  it("does not mistake a page that mentions the kernel for it", () => {
    expect(headersFor("/kernel.worker.js/index.html")["Content-Security-Policy"]).toContain("connect-src 'self'");
  });
});
