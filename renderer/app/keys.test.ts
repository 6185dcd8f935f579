import { describe, expect, it } from "vitest";
import { actions } from "./actions.ts";
import { acceleratorOf, KeySequence, keysLabel, matches, parseKeys, type KeyPress } from "./keys.ts";

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
});
const matchesAlone = (keys: string, event: KeyPress, mac = false): boolean => matches(parseKeys(keys)[0], event, mac);

describe("keys", () => {
  it("take Mod as Ctrl, and as ⌘ on macOS", () => {
    expect(matchesAlone("Mod-S", press("s", { ctrlKey: true }))).toBe(true);
    expect(matchesAlone("Mod-S", press("s", { metaKey: true }))).toBe(false);
    expect(matchesAlone("Mod-S", press("s", { metaKey: true }), true)).toBe(true);
    expect(matchesAlone("Mod-S", press("s", { ctrlKey: true }), true)).toBe(false);
  });

  it("do not fire with modifiers they do not name", () => {
    expect(matchesAlone("A", press("a", { ctrlKey: true }))).toBe(false);
    expect(matchesAlone("A", press("A", { shiftKey: true }))).toBe(false);
    expect(matchesAlone("Mod-S", press("S", { ctrlKey: true, shiftKey: true }))).toBe(false);
    expect(matchesAlone("Enter", press("Enter", { shiftKey: true }))).toBe(false);
  });

  it("find a sign wherever the layout has it", () => {
    expect(matchesAlone("?", press("?", { shiftKey: true }))).toBe(true);
    expect(matchesAlone("Mod-.", press(".", { ctrlKey: true }))).toBe(true);
  });

  it("are written as each system writes them", () => {
    expect(keysLabel("Mod-Shift-Enter", false)).toBe("Ctrl+Shift+Enter");
    expect(keysLabel("Mod-Shift-Enter", true)).toBe("⇧⌘↩");
    expect(keysLabel("D D", false)).toBe("D D");
  });

  it("go to the menu only when they would work there", () => {
    expect(acceleratorOf("Mod-Shift-S")).toBe("CmdOrCtrl+Shift+S");
    expect(acceleratorOf("D D")).toBeNull();
    expect(acceleratorOf("A")).toBeNull();
  });

  it("refuse a modifier that does not exist", () => {
    expect(() => parseKeys("Ctrl-S")).toThrow("Ctrl is not Mod, Alt or Shift");
  });
});

describe("a key sequence", () => {
  it("is complete at its last stroke and starts over after it", () => {
    const sequence = new KeySequence(false);
    expect(sequence.press(press("d"), ["D D"], 0)).toBeNull();
    expect(sequence.press(press("d"), ["D D"], 100)).toBe("D D");
    expect(sequence.press(press("d"), ["D D"], 200)).toBeNull();
  });

  it("is forgotten after a pause or another key", () => {
    const sequence = new KeySequence(false, 800);
    sequence.press(press("d"), ["D D"], 0);
    expect(sequence.press(press("d"), ["D D"], 900)).toBeNull();
    sequence.press(press("x"), ["D D"], 950);
    expect(sequence.press(press("d"), ["D D"], 1000)).toBeNull();
  });
});

describe("the registry of actions", () => {
  it("has each id once and keys that can be read", () => {
    expect(new Set(actions.map((action) => action.id)).size).toBe(actions.length);
    for (const action of actions) for (const keys of action.keys) expect(parseKeys(keys).length).toBeGreaterThan(0);
  });

  it("gives no key to two actions of one context", () => {
    const seen = new Map<string, string>();
    for (const action of actions) {
      for (const keys of action.keys) {
        for (const context of action.context === "anywhere" ? ["command", "edit"] : [action.context]) {
          const place = `${context} ${keys}`;
          expect(seen.get(place), place).toBeUndefined();
          seen.set(place, action.id);
        }
      }
    }
  });
});
