/** The renderer in plain Chromium. */
import { chromium, type Browser, type Page } from "playwright-core";
import { serveRenderer, type Served } from "./serve.ts";

export interface Session {
  page: Page;
  /** messages of the console and page errors that a clean run does not have */
  problems: string[];
  close(): Promise<void>;
}

export async function openChromium({
  colorScheme = "light" as "light" | "dark",
  width = 1360,
  height = 900,
  switches = [] as string[],
} = {}): Promise<Session> {
  const served: Served = await serveRenderer();
  const browser: Browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
    args: ["--disable-background-networking", ...switches, ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
  });
  const page = await browser.newPage({ colorScheme, viewport: { width, height }, reducedMotion: "reduce" });
  page.setDefaultTimeout(60_000); // a machine that builds and trains at the same time is slow
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
  });
  await page.goto(served.url);
  return {
    page,
    problems,
    close: async () => {
      await browser.close();
      await served.close();
    },
  };
}
