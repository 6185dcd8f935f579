/** The app speaks to nobody: what Chromium's own log of its network says after a start and a look around. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { start } from "../support/electron.ts";

interface NetLog {
  constants: { logEventTypes: Record<string, number> };
  events: { type: number; params?: { url?: string } }[];
}

it("no name is looked up, no address connected to and no request made but of the app's own files", async () => {
  const folder = await mkdtemp(join(tmpdir(), "switchyard-e2e-"));
  const log = join(folder, "net.json");
  try {
    const { app, page } = await start(join(folder, "user"), `--log-net-log=${log}`);
    await page.getByRole("button", { name: "New notebook" }).click();
    await page.locator(".prose").first().dblclick();
    await page.locator("textarea[data-editor]").fill("Wrods that a dictionary wuold know.");
    // what a page that is no longer ours would try
    await page.evaluate(async () => {
      await fetch("https://evil.example/").catch(() => {});
      navigator.sendBeacon("https://evil.example/");
      new Image().src = "https://evil.example/x.png";
      document.head.append(Object.assign(document.createElement("link"), { rel: "dns-prefetch", href: "https://evil.example/" }));
      document.head.append(Object.assign(document.createElement("link"), { rel: "preconnect", href: "https://evil.example/" }));
    });
    await page.waitForTimeout(8000);
    const closed = app.waitForEvent("close");
    await app.evaluate(({ app: electron }) => electron.quit()).catch(() => {});
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().forEach((window) => window.destroy())).catch(() => {});
    await closed;
    const text = await readFile(log, "utf8");
    // a log that was cut off at the end is still a list of events
    const { constants, events } = JSON.parse(/\]\s*}\s*$/.test(text) ? text : `${text.trimEnd().replace(/,$/, "")}]}`) as NetLog;
    const of = (name: string) => events.filter(({ type }) => type === constants.logEventTypes[name]);
    expect(events.length).toBeGreaterThan(10);
    const requests = of("URL_REQUEST_START_JOB").flatMap(({ params }) => params?.url ?? []);
    expect(requests.filter((url) => !/^(app|devtools|data|blob|chrome-extension):/.test(url))).toEqual([]);
    expect(of("HOST_RESOLVER_DNS_TASK")).toEqual([]);
    expect(of("HOST_RESOLVER_SYSTEM_TASK")).toEqual([]);
    // Chromium asks the kernel for a route by "connecting" a UDP socket, which sends nothing: what was sent is what counts.
    expect(of("TCP_CONNECT_ATTEMPT")).toEqual([]);
    expect(of("UDP_BYTES_SENT")).toEqual([]);
    for (const name of [
      "URL_REQUEST_START_JOB",
      "HOST_RESOLVER_DNS_TASK",
      "HOST_RESOLVER_SYSTEM_TASK",
      "TCP_CONNECT_ATTEMPT",
      "UDP_BYTES_SENT",
    ])
      expect(constants.logEventTypes[name]).toBeTypeOf("number");
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
});
