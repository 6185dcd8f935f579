import { describe, expect, it } from "vitest";
import { isAppUrl, linkQuestion, navigationVerdict, windowVerdict } from "./navigation.ts";

describe("navigation", () => {
  it("stays on the app's own page", () => {
    expect(navigationVerdict("app://switchyard/index.html")).toBe("stay");
  });

  it.each(["https://arxiv.org/abs/2412.19437"])("hands %s to the system browser", (url) => {
    expect(navigationVerdict(url)).toBe("external");
    expect(windowVerdict(url)).toBe("external");
  });

  it.each([
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/html,<script>1</script>",
    "blob:app://switchyard/1",
    "http://localhost:8000/",
    "mailto:a@b.example",
    "smb://server/share",
    "ms-msdt:/id",
    "vscode://file/x",
    "app://elsewhere/index.html",
    "https://user:secret@arxiv.org/",
    "https:",
    "",
  ])("blocks %j", (url) => {
    expect(navigationVerdict(url)).toBe("block");
    expect(windowVerdict(url)).toBe("block");
  });

  it("shows the host a link leads to, whatever its address says first", () => {
    expect(linkQuestion("https://arxiv.org.evil.example/?q=arxiv.org").message).toBe("Open arxiv.org.evil.example in your browser?");
    expect(linkQuestion("https://аrxiv.org/").message).toContain("xn--"); // a Cyrillic а
    expect(linkQuestion(`https://a.example/${"x".repeat(5000)}`).detail.length).toBeLessThan(700);
  });

  it("never opens a second window on the app's own page", () => {
    expect(windowVerdict("app://switchyard/index.html")).toBe("block");
  });

  it("knows the development server only when there is one", () => {
    expect(isAppUrl("http://localhost:5173/x", "http://localhost:5173")).toBe(true);
    expect(isAppUrl("http://localhost:5174/x", "http://localhost:5173")).toBe(false);
    expect(isAppUrl("http://localhost:5173/x")).toBe(false);
  });
});
