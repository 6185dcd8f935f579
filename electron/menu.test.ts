import { describe, expect, it, vi } from "vitest";
import { menuTemplate } from "./menu.ts";

const save = { id: "file.save", label: "Save", accelerator: "CmdOrCtrl+S", enabled: true, separated: true };
const menus = [
  { label: "File", items: [save] },
  { label: "Help", items: [] },
];
const linux = { platform: "linux", development: false } as const;

describe("the menu", () => {
  it("runs the action whose item is chosen", () => {
    const choose = vi.fn();
    const [file] = menuTemplate(menus, choose, linux);
    const item = (file.submenu as { id?: string; click?: () => void }[]).find((it) => it.id === "file.save");
    item?.click?.();
    expect(choose).toHaveBeenCalledWith("file.save");
  });

  it("shows an action's key without taking it from the page", () => {
    const [file] = menuTemplate(menus, () => {}, linux);
    expect(file.submenu).toContainEqual(expect.objectContaining({ accelerator: "CmdOrCtrl+S", registerAccelerator: false }));
  });

  it("keeps Help last and gives macOS its application menu", () => {
    expect(menuTemplate(menus, () => {}, linux).at(-1)?.label).toBe("Help");
    expect(menuTemplate(menus, () => {}, { ...linux, platform: "darwin" })[0].role).toBe("appMenu");
  });

  it("has developer tools only in development", () => {
    const view = [{ label: "View", items: [] }];
    const roles = (development: boolean) => JSON.stringify(menuTemplate(view, () => {}, { ...linux, development }));
    expect(roles(true)).toContain("toggleDevTools");
    expect(roles(false)).not.toContain("toggleDevTools");
  });
});
