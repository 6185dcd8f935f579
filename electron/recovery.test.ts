import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
vi.mock("electron", () => import("../test/attack/electron-double.ts"));
import { openDesk, type Desk } from "../test/attack/desk.ts";
import { BrowserWindow, person, press } from "../test/attack/electron-double.ts";
import { hashOf } from "./documents.ts";

let folder: string;
let desk: Desk;
/** the app starts, or starts again after it was killed */
const start = () => (desk = openDesk(join(folder, "user")));
const open = async (path: string | null = null) => (await desk.windows.create(path === null ? null : { path, copy: null })).id;
const typed = async (window: number, name: string, text: string) => {
  const id = await desk.ask(window, "document.new", name);
  await desk.ask(window, "document.recovery", id, text);
  return id;
};
const offers = async (window: number) => (await desk.ask(window, "document.recoverable")).map(({ name }) => name);
const killed = () => BrowserWindow.all.splice(0);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-recovery-"));
  Object.assign(person, { saveFile: () => null, choose: () => -1 });
  start();
});
afterEach(async () => {
  killed();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe("unsaved text", () => {
  it("of two notebooks without a file is kept apart, and both are offered at the next start", async () => {
    await typed(await open(), "untitled.md", "three hours of work");
    await typed(await open(), "balancing.md", "an edited notebook of the gallery");
    killed();
    start();
    const window = await open();
    expect((await offers(window)).sort()).toEqual(["balancing.md", "untitled.md"]);
    const [first] = (await desk.ask(window, "document.recoverable")).filter(({ name }) => name === "untitled.md");
    press(window);
    expect(await desk.ask(window, "document.recover", first.id)).toMatchObject({
      path: null,
      name: "untitled.md",
      text: "",
      unsaved: "three hours of work",
    });
  });

  it("of one window stays when another is saved", async () => {
    const [one, two] = [await open(), await open()];
    await typed(one, "one.md", "text of one");
    const id = await typed(two, "two.md", "text of two");
    person.saveFile = () => join(folder, "two.md");
    press(two);
    await desk.ask(two, "document.save", id, "text of two", { as: false, suggestedName: "two.md" });
    expect((await desk.recovery.all()).map(({ text }) => text)).toEqual(["text of one"]);
  });

  it("is not offered while a window shows it, and goes only after it was restored and saved", async () => {
    await typed(await open(), "untitled.md", "work");
    killed();
    start();
    const [window, other] = [await open(), await open()];
    const [copy] = await desk.ask(window, "document.recoverable");
    press(window);
    const restored = (await desk.ask(window, "document.recover", copy.id))!;
    expect(await offers(other)).toEqual([]);
    await desk.ask(window, "document.recovery", restored.id, "work, and more");
    // killed again before it was saved: the newer text is offered, once
    killed();
    start();
    const again = await open();
    const [newer, ...rest] = await desk.ask(again, "document.recoverable");
    expect(rest).toEqual([]);
    press(again);
    const second = (await desk.ask(again, "document.recover", newer.id))!;
    expect(second.unsaved).toBe("work, and more");
    person.saveFile = () => join(folder, "work.md");
    press(again);
    await desk.ask(again, "document.save", second.id, second.unsaved!, { as: false, suggestedName: "untitled.md" });
    killed();
    start();
    expect(await offers(await open())).toEqual([]);
    expect(await readdir(join(folder, "user/recovery"))).toEqual([]);
  });

  it("goes when it is discarded, and with it what had gone into it", async () => {
    await typed(await open(), "untitled.md", "work");
    killed();
    start();
    const window = await open();
    const [copy] = await desk.ask(window, "document.recoverable");
    await expect(desk.ask(window, "document.discard", copy.id)).rejects.toThrow("needs a key or a click");
    press(window);
    await desk.ask(window, "document.discard", copy.id);
    expect(await readdir(join(folder, "user/recovery"))).toEqual([]);
  });

  it("of a file is offered at every opening until somebody has answered", async () => {
    const path = join(folder, "mine.md");
    await writeFile(path, "as saved");
    const first = await open(path);
    const { document } = await desk.ask(first, "document.initial");
    await desk.ask(first, "document.recovery", document!.id, "not saved");
    for (let time = 0; time < 3; time++) {
      killed();
      start();
      const window = await open(path);
      const opened = (await desk.ask(window, "document.initial")).document!;
      expect(opened).toMatchObject({ text: "as saved", unsaved: null, recovered: { text: "not saved" } });
      // a page whose notebook is clean says so: that is no answer
      await desk.ask(window, "document.recovery", opened.id, null);
    }
    killed();
    start();
    const last = await open(path);
    const offered = (await desk.ask(last, "document.initial")).document!;
    await desk.ask(last, "document.restored", offered.id, offered.recovered!.id);
    await desk.ask(last, "document.save", offered.id, "not saved", { as: false, suggestedName: "mine.md" });
    expect(await readFile(path, "utf8")).toBe("not saved");
    expect(await desk.recovery.all()).toEqual([]);
  });

  it("comes back into the window whose page has crashed", async () => {
    const path = join(folder, "mine.md");
    await writeFile(path, "as saved");
    const [withFile, without] = [await open(path), await open()];
    const { document } = await desk.ask(withFile, "document.initial");
    await desk.ask(withFile, "document.recovery", document!.id, "not saved");
    const id = await typed(without, "untitled.md", "never saved");
    // the page is loaded again and asks
    expect((await desk.ask(withFile, "document.initial")).document).toMatchObject({
      id: document!.id,
      path,
      text: "as saved",
      unsaved: "not saved",
    });
    expect((await desk.ask(without, "document.initial")).document).toMatchObject({ id, path: null, unsaved: "never saved" });
  });

  it("is not kept when the person has said, on closing, that it need not be", async () => {
    const window = await open();
    await typed(window, "untitled.md", "a try");
    await desk.ask(window, "window.state", { title: "x", dirty: true, pristine: false, activeRuns: 0 });
    person.choose = (buttons) => buttons.indexOf("Don't Save");
    BrowserWindow.all.find(({ webContents }) => webContents.id === window)!.close();
    await expect.poll(() => desk.recovery.all()).toEqual([]);
  });

  it("of an earlier version of the app is offered too", async () => {
    const path = join(folder, "mine.md");
    await mkdir(join(folder, "user/recovery"), { recursive: true });
    await writeFile(path, "as saved");
    await writeFile(join(folder, "user/recovery", `${hashOf(path).slice(0, 16)}.md`), "from before");
    await writeFile(join(folder, "user/recovery", `${hashOf("untitled").slice(0, 16)}.md`), "untitled, from before");
    const window = await open(path);
    expect((await desk.ask(window, "document.initial")).document!.recovered!.text).toBe("from before");
    const start = await open();
    const copies = await desk.ask(start, "document.recoverable");
    press(start);
    const untitled = copies.find(({ id }) => id === hashOf("untitled").slice(0, 16))!;
    expect((await desk.ask(start, "document.recover", untitled.id))!.unsaved).toBe("untitled, from before");
  });

  it("that a damaged file holds does not keep the others from being offered", async () => {
    await typed(await open(), "untitled.md", "whole");
    await writeFile(join(folder, "user/recovery/0123456789abcdef.json"), "{ half");
    killed();
    start();
    expect(await offers(await open())).toEqual(["untitled.md"]);
  });
});
