/** Where worker threads wait for each other, so that they time the same thing at the same time. Needs threads that may block. */
export class Rendezvous {
  /** arrived, round, someone wants to end, someone failed */
  private readonly state: Int32Array;
  private readonly size: number;

  /** @param shared from `Rendezvous.memory()`, the same in every thread */
  constructor(shared: SharedArrayBuffer, size: number) {
    this.state = new Int32Array(shared);
    this.size = size;
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(16);
  }

  /** Returns when all threads have come, with whether all of them want to go on. */
  meet(go: boolean): boolean {
    const { state, size } = this;
    if (Atomics.load(state, 3) === 1) return false;
    if (!go) Atomics.store(state, 2, 1);
    const round = Atomics.load(state, 1);
    if (Atomics.add(state, 0, 1) + 1 === size) {
      Atomics.store(state, 0, 0);
      Atomics.add(state, 1, 1);
      Atomics.notify(state, 1);
    } else {
      while (Atomics.load(state, 1) === round) Atomics.wait(state, 1, round);
    }
    return Atomics.load(state, 2) === 0;
  }

  /** Lets everyone go for good: a thread that failed will not come any more. */
  abandon(): void {
    Atomics.store(this.state, 2, 1);
    Atomics.store(this.state, 3, 1);
    Atomics.add(this.state, 1, 1);
    Atomics.notify(this.state, 1);
  }
}
