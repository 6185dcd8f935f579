/** What a person did in a window: a page alone opens no dialog, no link and no window. */

/** Milliseconds: a report may take its time between the menu and the dialog that asks where it goes. */
const lasts = 30_000;

/** Kinds of input events that are a person's act. Moving the mouse over a window is none. */
const acts = new Set(["mouseDown", "mouseUp", "keyDown", "rawKeyDown", "touchStart", "touchEnd", "gestureTap"]);

export const isAct = (inputEvent: string): boolean => acts.has(inputEvent);

export class Gestures {
  private last: number | null = null;

  note(now: number): void {
    this.last = now;
  }

  /** Each act is good for one thing. */
  take(now: number): boolean {
    const fresh = this.last !== null && now - this.last <= lasts;
    this.last = null;
    return fresh;
  }
}

/**
 * For whom a screen reader acts: their presses reach the page without an input event, so that a number per time has to do.
 */
export class Allowance {
  private times: number[] = [];
  private readonly most: number;
  private readonly within: number;

  constructor(most: number, within: number) {
    this.most = most;
    this.within = within;
  }

  take(now: number): boolean {
    this.times = this.times.filter((time) => now - time < this.within);
    if (this.times.length >= this.most) return false;
    this.times.push(now);
    return true;
  }
}
