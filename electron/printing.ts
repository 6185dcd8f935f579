/** Prints a self-contained page that runs no script and requests nothing, in a window nobody sees. */
import { BrowserWindow, session } from "electron";
import { printHeaders } from "./policy/headers.ts";

/** A scheme of these windows' own session; `file:` would let a page show what lies on the disk. */
const printScheme = "print";
const page = `${printScheme}://report/`;

/** Milliseconds for laying out the longest report. */
const patience = 120_000;

let sessions = 0;

export async function printPdf(html: string): Promise<Uint8Array> {
  // One session for each, so that two reports cannot meet; in memory, so that nothing stays.
  const own = session.fromPartition(`print-${++sessions}`, { cache: false });
  own.protocol.handle(printScheme, ({ url }) =>
    url === page ? new Response(html, { headers: printHeaders }) : new Response("", { status: 404 }),
  );
  own.webRequest.onBeforeRequest(({ url }, decide) => decide({ cancel: url !== page && !url.startsWith("data:") }));
  own.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  own.setPermissionCheckHandler(() => false);
  own.on("will-download", (event) => event.preventDefault());
  const window = new BrowserWindow({ show: false, webPreferences: { sandbox: true, javascript: false, webgl: false, session: own } });
  const { webContents } = window;
  webContents.setWebRTCIPHandlingPolicy("disable_non_proxied_udp");
  webContents.setWindowOpenHandler(() => ({ action: "deny" }));
  webContents.on("will-frame-navigate", (event) => event.preventDefault());
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`the report could not be laid out in ${patience / 60_000} minutes; export it as HTML`)),
        patience,
      );
    });
    const printed = window.loadURL(page).then(() => webContents.printToPDF({ printBackground: true, preferCSSPageSize: true }));
    return await Promise.race([printed, late]);
  } finally {
    clearTimeout(timer);
    window.destroy();
    own.protocol.unhandle(printScheme);
    await own.clearStorageData();
  }
}
