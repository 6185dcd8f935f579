/** A page reads and writes what a person has chosen, and nothing else. */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
vi.mock("electron", () => import("../test/attack/electron-double.ts"));
import { openDesk, type Desk } from "../test/attack/desk.ts";
import { BrowserWindow, person, press, send, sendDropped } from "../test/attack/electron-double.ts";

let folder: string;
let desk: Desk;
let window: number;
const text = "---\nswitchyard: 1\ntitle: My results\n---\nWeeks of notes.\n";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-choosing-"));
  Object.assign(person, { openFile: () => null, saveFile: () => null, choose: () => -1 });
  person.seen.length = 0;
  desk = openDesk(join(folder, "user"));
  await writeFile(join(folder, "mine.md"), text);
  window = (await desk.windows.create(null)).id;
});
afterEach(async () => {
  BrowserWindow.all.splice(0);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const openMine = async () => {
  const id = (await desk.windows.create({ path: join(folder, "mine.md"), copy: null })).id;
  return { id, document: (await desk.ask(id, "document.initial")).document! };
};

describe("saving", () => {
  it("another document than the window holds is refused, and no file is touched", async () => {
    const { id } = await openMine();
    const other = "00000000-0000-0000-0000-000000000000";
    await expect(desk.ask(id, "document.save", other, "Untitled", { as: false, suggestedName: "untitled.md" })).rejects.toThrow(
      "nothing was written",
    );
    expect(await readFile(join(folder, "mine.md"), "utf8")).toBe(text);
  });

  it("a new notebook, in a window that had loaded a file its page could not show, asks for a name", async () => {
    const { id, document } = await openMine();
    // the page failed on it, and begins another
    const untitled = await desk.ask(id, "document.new", "untitled.md");
    press(id);
    expect(await desk.ask(id, "document.save", untitled, "Untitled", { as: false, suggestedName: "untitled.md" })).toEqual({
      status: "cancelled",
    });
    expect(person.seen).toEqual(["save"]);
    await expect(desk.ask(id, "document.save", document.id, "Untitled", { as: false, suggestedName: "x.md" })).rejects.toThrow(
      "this window holds untitled.md now",
    );
    expect(await readFile(join(folder, "mine.md"), "utf8")).toBe(text);
  });

  it("takes no other ending than a notebook's, and no file that another window shows", async () => {
    await openMine();
    const id = await desk.ask(window, "document.new", "untitled.md");
    const save = (path: string) => {
      person.saveFile = () => path;
      press(window);
      return desk.ask(window, "document.save", id, "text", { as: true, suggestedName: "untitled.md" });
    };
    await expect(save(join(folder, ".bashrc.sh"))).rejects.toThrow("a notebook's name ends in .md");
    await expect(save(join(folder, "old.ipynb"))).rejects.toThrow("a notebook's name ends in .md");
    await expect(save(join(folder, "mine.md"))).rejects.toThrow("open in another window");
    expect(await save(join(folder, "new"))).toMatchObject({ status: "saved", name: "new.md" });
    expect((await readdir(folder)).sort()).toEqual(["mine.md", "new.md", "user"]);
  });

  it("an imported Jupyter notebook leaves that as it is", async () => {
    const json = JSON.stringify({
      nbformat: 4,
      nbformat_minor: 5,
      metadata: {},
      cells: [{ cell_type: "markdown", source: "Notes", metadata: {} }],
    });
    await writeFile(join(folder, "old.ipynb"), json);
    const id = (await desk.windows.create({ path: join(folder, "old.ipynb"), copy: null })).id;
    const document = (await desk.ask(id, "document.initial")).document!;
    expect(document).toMatchObject({ path: null, name: "old.md" });
    person.saveFile = (proposed) => proposed;
    press(id);
    expect(await desk.ask(id, "document.save", document.id, document.text, { as: false, suggestedName: "old.md" })).toMatchObject({
      path: join(folder, "old.md"),
    });
    expect(await readFile(join(folder, "old.ipynb"), "utf8")).toBe(json);
  });
});

describe("opening", () => {
  it("takes a dropped file once, from the preload of our own page only", async () => {
    const path = join(folder, "mine.md");
    sendDropped(window, path, { url: "https://evil.example/" });
    sendDropped(window, path, { nested: true });
    await expect(desk.ask(window, "document.openDropped")).rejects.toThrow("no file was dropped");
    sendDropped(window, path);
    expect(await desk.ask(window, "document.openDropped")).toMatchObject({ path, text });
    await expect(desk.ask(window, "document.openDropped")).rejects.toThrow("no file was dropped");
  });

  it("takes recent files that main has listed itself, when a person has asked", async () => {
    await openMine();
    await expect(desk.ask(window, "document.openRecent", "/etc/passwd")).rejects.toThrow("not among the recent files");
    await expect(desk.ask(window, "document.openRecent", join(folder, "mine.md"))).rejects.toThrow("needs a key or a click");
  });

  it("says in the window that was asked why a file is no notebook, and opens no other", async () => {
    await writeFile(join(folder, "paper.pdf"), "%PDF-1.7");
    await writeFile(join(folder, "id_rsa"), "secret");
    const { id } = await openMine(); // it is not free, so that a notebook would get a window of its own
    for (const name of ["paper.pdf", "id_rsa"]) {
      sendDropped(id, join(folder, name));
      await expect(desk.ask(id, "document.openDropped")).rejects.toThrow(`${name} cannot be opened: it is `);
    }
    expect(desk.windows.size).toBe(2);
    await desk.windows.open({ path: join(folder, "missing.md"), copy: null }, null);
    const last = BrowserWindow.all.at(-1)!.webContents.id;
    expect(await desk.ask(last, "document.initial")).toEqual({
      document: null,
      problem: "missing.md cannot be opened: there is no such file",
    });
  });
});

describe("a folder that a person has chosen for a report", () => {
  const files = [
    { path: "report.md", contents: "report" },
    { path: "figures/a.svg", contents: "<svg/>" },
  ];
  const exportTo = (chosen: string, what = files) => {
    person.openFile = () => chosen;
    press(window);
    return desk.ask(window, "export.folder", what);
  };

  it("gets files of the kinds that are exported, below it", async () => {
    await exportTo(join(folder, "report"));
    expect(await readFile(join(folder, "report/figures/a.svg"), "utf8")).toBe("<svg/>");
    for (const path of [
      ".bashrc",
      "a.sh",
      "../x.md",
      "figures/../../x.md",
      "a/b/c/d.md",
      "x.desktop",
      "con.md",
      "a\u202egpj.md",
      "-rf.md",
    ]) {
      await expect(exportTo(join(folder, "report"), [{ path, contents: "x" }]), path).rejects.toThrow("export.folder: argument");
    }
  });

  it("keeps what lies there already unless the person says so", async () => {
    await mkdir(join(folder, "report"));
    await writeFile(join(folder, "report/report.md"), "mine");
    expect(await exportTo(join(folder, "report"))).toBeNull();
    expect(person.seen).toContain("report.md in report is there already.");
    expect(await readdir(join(folder, "report"))).toEqual(["report.md"]);
    person.choose = (buttons) => buttons.indexOf("Replace");
    await exportTo(join(folder, "report"));
    expect(await readFile(join(folder, "report/report.md"), "utf8")).toBe("report");
  });

  it.runIf(process.platform !== "win32")("is not left through a link that lies in it", async () => {
    await mkdir(join(folder, "report"));
    await mkdir(join(folder, "elsewhere"));
    await writeFile(join(folder, "kept.md"), "kept");
    await symlink(join(folder, "elsewhere"), join(folder, "report/figures"));
    await expect(exportTo(join(folder, "report"))).rejects.toThrow("figures in report is no folder of its own");
    await rm(join(folder, "report/figures"));
    await symlink(join(folder, "kept.md"), join(folder, "report/report.md"));
    await expect(exportTo(join(folder, "report"))).rejects.toThrow("report.md in report is no file of its own");
    expect([await readdir(join(folder, "elsewhere")), await readFile(join(folder, "kept.md"), "utf8")]).toEqual([[], "kept"]);
  });

  it("does not take the place of a notebook that is open", async () => {
    await openMine();
    await expect(exportTo(folder, [{ path: "mine.md", contents: "report" }])).rejects.toThrow("mine.md is a notebook that is open");
    person.saveFile = () => join(folder, "mine.md");
    press(window);
    await expect(desk.ask(window, "export.file", "report.md", "report")).rejects.toThrow("is a notebook that is open");
    expect(await readFile(join(folder, "mine.md"), "utf8")).toBe(text);
  });
});

it("windows and links need an act of a person each, and a link is shown with its host first", async () => {
  for (let i = 0; i < 30; i++) await expect(desk.ask(window, "window.new")).rejects.toThrow("needs a key or a click");
  await expect(desk.ask(window, "link.open", "https://evil.example/")).rejects.toThrow("needs a key or a click");
  press(window);
  await desk.ask(window, "link.open", "https://evil.example/?secret");
  await expect(desk.ask(window, "link.open", "https://evil.example/?secret")).rejects.toThrow("needs a key or a click");
  expect(person.seen).toEqual(["Open evil.example in your browser?"]);
  person.choose = (buttons) => buttons.indexOf("Open");
  press(window);
  await desk.ask(window, "link.open", "https://arxiv.org/abs/1");
  expect(person.seen.at(-1)).toBe("link https://arxiv.org/abs/1");
  for (const url of ["http://a.example/", "mailto:a@b.example", "file:///etc/passwd", "https://u:p@a.example/"]) {
    press(window);
    await expect(desk.ask(window, "link.open", url)).rejects.toThrow("only https links do");
  }
});

it("values that are not finite cross from a page: a run that diverged is no storage failure", async () => {
  const event = {
    kind: "step",
    step: 1,
    tokens: 1,
    seconds: 1,
    trainLoss: NaN,
    mtpLoss: [NaN],
    balanceLoss: Infinity,
    gradNorm: NaN,
    clipped: false,
    skipped: true,
    lr: 1,
    maxVioBatch: -Infinity,
  };
  const reply = (await send(window, "writer.append", [1, [event]])) as { error: { message: string } };
  expect(reply.error.message).toBe("run writer 1 was given back already");
});
