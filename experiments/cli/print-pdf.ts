import { spawn } from "node:child_process";
import { access, appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { pdfMark } from "../report/markers.ts";
import { RefusedError } from "./refused.ts";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge"];
const fixedPlaces = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

/**
 * Prints a self-contained page through an installed Chromium, as the app prints through its own. `CHROMIUM_PATH` names one.
 * @throws {RefusedError} where there is none
 */
export async function printPdf(html: string, pdf: string): Promise<void> {
  const browser = await findChromium();
  if (!browser)
    throw new RefusedError(
      "switchyard: --pdf needs Chromium or Chrome (CHROMIUM_PATH may name it); the app prints without one, and --html writes the same page",
    );
  const folder = await mkdtemp(join(tmpdir(), "switchyard-print-"));
  try {
    const page = join(folder, "report.html");
    await writeFile(page, html);
    // Chromium refuses its sandbox to root; the page is ours and holds no scripts
    const root = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    await finished(browser, [
      ...root,
      "--headless",
      "--disable-gpu",
      "--disable-background-networking",
      `--user-data-dir=${join(folder, "profile")}`,
      "--no-pdf-header-footer",
      `--print-to-pdf=${resolve(pdf)}`,
      pathToFileURL(page).href,
    ]);
    await appendFile(resolve(pdf), pdfMark);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function findChromium(): Promise<string | null> {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const places = [
    ...(process.env.CHROMIUM_PATH ? [process.env.CHROMIUM_PATH] : []),
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
    ...fixedPlaces,
  ];
  for (const place of places)
    if (
      await access(place).then(
        () => true,
        () => false,
      )
    )
      return place;
  return null;
}

function finished(program: string, args: string[]): Promise<void> {
  return new Promise((done, fail) => {
    let said = "";
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], timeout: 120_000 });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    child.once("error", fail);
    child.once("close", (code) =>
      code === 0 ? done() : fail(new Error(`${program} ended with code ${code}: ${said.trim().split("\n").at(-1) ?? ""}`)),
    );
  });
}
