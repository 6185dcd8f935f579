import fc from "fast-check";
import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { assetPath, mimeType } from "./assets.ts";

describe("assets of app://", () => {
  it("serves the page at the root and files by their path", () => {
    expect(assetPath("app://switchyard/")).toBe("index.html");
    expect(assetPath("app://switchyard/assets/main-1.js?v=2#x")).toBe("assets/main-1.js");
    expect(assetPath("app://switchyard/a%20b.txt")).toBe("a b.txt");
  });

  it.each([
    "app://elsewhere/index.html",
    "https://switchyard/index.html",
    "file:///etc/passwd",
    "app://switchyard/%2e%2e%2fetc/passwd",
    "app://switchyard/a/%2e%2e%2f%2e%2e%2fetc/passwd",
    "app://switchyard/..%5c..%5cetc",
    "app://switchyard/C:%5cwindows",
    "app://switchyard//etc/passwd",
    "app://switchyard/a%00.html",
    "app://switchyard/%E0%A4%A",
    "not a url",
  ])("serves nothing for %s", (url) => {
    expect(assetPath(url)).toBeNull();
  });

  it("never leaves the renderer's folder, whatever the path", () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), (text, encode) => {
        const path = assetPath(`app://switchyard/${encode ? encodeURIComponent(text) : text}`);
        if (path === null) return;
        expect(posix.join("/app", path).startsWith("/app/")).toBe(true);
      }),
    );
  });

  it("names scripts and WebAssembly by types that browsers accept", () => {
    expect(mimeType("assets/x.js")).toMatch(/^text\/javascript/);
    expect(mimeType("x.wasm")).toBe("application/wasm");
    expect(mimeType("x.unknown")).toBe("application/octet-stream");
  });
});
