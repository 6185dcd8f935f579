import type { Executable } from "../backends/backend.ts";
import type { ListName, Slice } from "../plan/plan-types.ts";

export type Values = Awaited<ReturnType<Executable["read"]>>[number];

/** One replica's memory, whichever it is. */
export interface ReplicaMemory {
  write(slice: Slice, data: ArrayLike<number>): void;
  read(slices: Slice[]): Promise<Values[]>;
}

const replicaMemory = (executable: Pick<Executable, "write" | "read">, replica: number): ReplicaMemory => ({
  write: (slice, data) => executable.write(slice, data, replica),
  read: (slices) => executable.read(slices, replica),
});

/** The first `count` replicas of an executable, which step together. */
export class ReplicaSet {
  count = 0;
  private readonly executable: Executable;

  constructor(executable: Executable) {
    this.executable = executable;
  }

  memory(replica: number): ReplicaMemory {
    return replicaMemory(this.executable, replica);
  }

  /** Writes a slice of every replica: `data[r]` is replica r's. */
  writeEach(slice: Slice, data: readonly ArrayLike<number>[]): void {
    if (data.length !== this.count) throw new RangeError(`${slice.name}: data of ${data.length} replicas for ${this.count}`);
    if (this.count > 1 && this.executable.writeEach) this.executable.writeEach(slice, data);
    else data.forEach((own, replica) => this.executable.write(slice, own, replica));
  }

  run(list: ListName, first = true): void {
    this.executable.run(list, first, this.count);
  }

  /** Reads slices of every replica after everything queued so far: [replica][slice]. */
  readEach(slices: Slice[]): Promise<Values[][]> {
    if (this.count > 1 && this.executable.readEach) return this.executable.readEach(slices, this.count);
    return Promise.all(Array.from({ length: this.count }, (_, replica) => this.executable.read(slices, replica)));
  }
}
