/** Key strings ("Mod-Shift-Enter", "D D"): matched against events, written for people, and for Electron's menu. */

/** Strokes separated by spaces; a stroke is modifiers and a `KeyboardEvent.key`, joined by "-". */
export type Keys = string;

export interface Stroke {
  /** Ctrl, or ⌘ on macOS */
  mod: boolean;
  alt: boolean;
  shift: boolean;
  /** letters in upper case */
  key: string;
}

/** The parts of a KeyboardEvent that decide. */
export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

const modifiers = ["Mod", "Alt", "Shift"];

export function parseKeys(keys: Keys): Stroke[] {
  return keys.split(" ").map((stroke) => {
    const parts = stroke.split("-");
    const key = parts.pop() || "-";
    const unknown = parts.find((part) => !modifiers.includes(part));
    if (unknown !== undefined) throw new Error(`keys "${keys}": ${unknown} is not Mod, Alt or Shift`);
    return { mod: parts.includes("Mod"), alt: parts.includes("Alt"), shift: parts.includes("Shift"), key: normalise(key) };
  });
}

function normalise(key: string): string {
  return key.length === 1 ? key.toUpperCase() : key;
}

export function matches(stroke: Stroke, press: KeyPress, mac: boolean): boolean {
  const mod = mac ? press.metaKey : press.ctrlKey;
  const other = mac ? press.ctrlKey : press.metaKey;
  if (other || mod !== stroke.mod || press.altKey !== stroke.alt || normalise(press.key) !== stroke.key) return false;
  // Where a sign like "?" sits behind Shift depends on the keyboard's layout, so Shift counts only for letters and named keys.
  const shiftCounts = stroke.key.length > 1 || /\p{L}/u.test(stroke.key);
  return !shiftCounts || press.shiftKey === stroke.shift;
}

const signs: Record<string, string> = { ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };
const macSigns: Record<string, string> = { ...signs, Enter: "↩" };

/** As shown in palette and help, e.g. "Ctrl+Shift+S" or "⇧⌘S". */
export function keysLabel(keys: Keys, mac: boolean): string {
  return parseKeys(keys)
    .map(({ mod, alt, shift, key }) => {
      if (mac) return `${alt ? "⌥" : ""}${shift ? "⇧" : ""}${mod ? "⌘" : ""}${macSigns[key] ?? key}`;
      return [mod && "Ctrl", alt && "Alt", shift && "Shift", signs[key] ?? key].filter(Boolean).join("+");
    })
    .join(" ");
}

const acceleratorKeys: Record<string, string> = { ArrowUp: "Up", ArrowDown: "Down", Escape: "Esc", Enter: "Return" };

/** Electron accelerator, or null for what it cannot show: sequences, and single keys, which would look like shortcuts everywhere. */
export function acceleratorOf(keys: Keys): string | null {
  const [stroke, ...more] = parseKeys(keys);
  if (more.length > 0 || (!stroke.mod && !stroke.alt && !stroke.shift)) return null;
  const parts = [stroke.mod && "CmdOrCtrl", stroke.alt && "Alt", stroke.shift && "Shift", acceleratorKeys[stroke.key] ?? stroke.key];
  return parts.filter(Boolean).join("+");
}

/** Follows sequences such as "D D": feed it presses, it says which keys have just been completed. */
export class KeySequence {
  private readonly mac: boolean;
  private readonly withinMs: number;
  private presses: KeyPress[] = [];
  private last = -Infinity;

  constructor(mac: boolean, withinMs = 800) {
    this.mac = mac;
    this.withinMs = withinMs;
  }

  /** @returns the first of `candidates` that this press completes, or null */
  press(press: KeyPress, candidates: readonly Keys[], now: number): Keys | null {
    if (now - this.last > this.withinMs) this.presses = [];
    this.last = now;
    this.presses = [...this.presses, press].slice(-2);
    for (const keys of candidates) {
      const strokes = parseKeys(keys);
      const tail = this.presses.slice(-strokes.length);
      if (tail.length === strokes.length && strokes.every((stroke, i) => matches(stroke, tail[i], this.mac))) {
        this.presses = [];
        return keys;
      }
    }
    return null;
  }
}
