/** Keys to actions: which action a key press runs, given where the focus is. */
import type { App } from "../state/app.svelte.ts";
import { actions, type Action, type KeyContext } from "./actions.ts";
import { KeySequence, parseKeys } from "./keys.ts";

/** edit: in a cell's editor; field: in another text field; control: on a button or the like; command: anywhere else */
type Focus = "edit" | "field" | "control" | "command";

function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof Element)) return "command";
  if (target.closest("[data-editor]")) return "edit";
  if (target.closest("input, textarea, select, [contenteditable='true']")) return "field";
  if (target.closest("button, a[href], summary, [role='tab'], [role='menuitem'], [role='separator'], [role='slider']")) return "control";
  return "command";
}

/** Keys without Ctrl, ⌘ or Alt belong to the text field or the button that has the focus. */
function allowed(action: Action, keys: string, focus: Focus): boolean {
  const [stroke] = parseKeys(keys);
  const modified = stroke.mod || stroke.alt;
  const context: KeyContext = action.context;
  switch (focus) {
    case "edit":
      return context === "edit" || (context === "anywhere" && (modified || stroke.shift));
    case "field":
      return context === "anywhere" && modified;
    case "control":
      return context !== "edit" && (modified || !["Enter", " ", "ArrowUp", "ArrowDown"].includes(stroke.key));
    case "command":
      return context !== "edit";
  }
}

/** All keys that count at a place, in the registry's order. */
function keysAt(focus: Focus): { keys: string; action: Action }[] {
  return actions.flatMap((action) => action.keys.filter((keys) => allowed(action, keys, focus)).map((keys) => ({ keys, action })));
}

/** Listens on the window. @returns a function that stops */
export function attachKeyboard(app: App): () => void {
  const sequence = new KeySequence(app.host.mac);
  const run = (event: KeyboardEvent, candidates: { keys: string; action: Action }[]): void => {
    const keys = sequence.press(
      event,
      candidates.map((it) => it.keys),
      event.timeStamp,
    );
    const found = candidates.find((it) => it.keys === keys);
    if (!found?.action.enabled(app)) return;
    event.preventDefault();
    event.stopPropagation();
    void app.perform(found.action);
  };
  const isEscape = (event: KeyboardEvent): boolean => event.key === "Escape";
  // Before the editor sees them: it has its own meaning for Ctrl+Enter.
  const early = (event: KeyboardEvent): void => {
    if (app.dialog !== null || event.isComposing || isEscape(event) || ["Control", "Shift", "Alt", "Meta"].includes(event.key)) return;
    run(event, keysAt(focusOf(event.target)));
  };
  // After the editor: the first Escape closes its suggestions, the next one leaves it.
  const late = (event: KeyboardEvent): void => {
    if (app.dialog === null && isEscape(event) && !event.defaultPrevented && !event.isComposing) run(event, keysAt(focusOf(event.target)));
  };
  window.addEventListener("keydown", early, { capture: true });
  window.addEventListener("keydown", late);
  return () => {
    window.removeEventListener("keydown", early, { capture: true });
    window.removeEventListener("keydown", late);
  };
}
