/** What was asked of one run from outside. */
export interface Control {
  stop: boolean;
  paused: boolean;
}

export const nothingAsked = (): Control => ({ stop: false, paused: false });

/** What was asked of the runs of a group, in the order of their jobs; the training loop looks between steps. */
export class GroupControl {
  readonly runs: readonly Control[];
  /** hands the thread to waiting messages */
  readonly breathe: () => Promise<void>;
  private version = 0;
  private waiting: (() => void)[] = [];

  constructor(runs: readonly Control[], breathe: () => Promise<void>) {
    this.runs = runs;
    this.breathe = breathe;
  }

  /** Asks one run, or all when left out. */
  ask(change: Partial<Control>, run?: number): void {
    for (const control of run === undefined ? this.runs : this.runs.slice(run, run + 1)) Object.assign(control, change);
    this.version++;
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** A mark of what has been asked so far, for `changed`. */
  get mark(): number {
    return this.version;
  }

  /** Resolves when something was asked after `mark`. */
  async changed(mark: number): Promise<void> {
    if (this.version === mark) await new Promise<void>((wake) => this.waiting.push(wake));
  }
}
