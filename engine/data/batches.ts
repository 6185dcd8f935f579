import { stream, type RandomStream, type StreamState } from "../random.ts";
import type { DomainText } from "./domain-text.ts";
import { drawDomains, interleave, sequencesPerDomain, type Order, shares, shuffle, type Mixture, type Shares } from "./mixture.ts";

/** B sequences of S tokens, B·S = rows, the sequence index slow: what one microstep (or one validation pass) reads. */
export interface Batch {
  /** i32[B·S] */
  tokens: Int32Array;
  /** i32[B·S]: the byte after each token */
  targets: Int32Array;
  /** i32[B·S]: rows by token id, ascending within an id (see `embeddingGrad`) */
  order: Int32Array;
  /** i32[V+1]: rows with id v are order[starts[v] … starts[v+1]) */
  starts: Int32Array;
  /** i32[B]: index of each sequence's domain; −1 is padding, to be left out of every statistic */
  domains: Int32Array;
}

export interface BatchShape {
  /** sequences per optimizer step */
  batchSize: number;
  /** tokens per sequence */
  seqLen: number;
  /** ids are below this; 256 when left out: a token is a byte */
  vocabSize?: number;
}

/** State of a source between two batches, plain JSON. */
export interface BatchSourceState {
  step: number;
  /** by domain name */
  streams: Record<string, StreamState>;
  /** of the order of sequences, where it is drawn */
  order?: StreamState;
}

/**
 * The training batches of a run. A sequence is a window of seqLen + 1 bytes of one domain, at a place drawn from that domain's own
 * stream: the n-th window of a domain is the same text whatever the other domains, the weights and the batch size are.
 */
export class BatchSource {
  private readonly shares: Shares;
  private readonly texts: DomainText[];
  private readonly streams: RandomStream[];
  private readonly order: Order;
  private readonly orderStream: RandomStream;
  private step = 0;
  private readonly shape: Required<BatchShape>;

  /** `seed` is Seed.data. Throws when a domain of the mixture is missing from `domains`, or its training text too short. */
  constructor(domains: readonly DomainText[], mixture: Mixture, seed: number, shape: BatchShape, order: Order = "stratified") {
    this.order = order;
    this.orderStream = stream(seed, "order");
    this.shape = { vocabSize: 256, ...shape };
    this.shares = shares(mixture);
    this.texts = textsOf(domains, this.shares.names);
    for (const { name, bytes, trainLength } of this.texts) {
      if (trainLength > bytes.length)
        throw new RangeError(`Domain "${name}" has ${bytes.length} bytes, fewer than its trainLength ${trainLength}.`);
      if (trainLength < shape.seqLen + 1) {
        throw new RangeError(
          `Domain "${name}" has ${trainLength} bytes for training; one sequence of seqLen ${shape.seqLen} needs ${shape.seqLen + 1}.`,
        );
      }
    }
    this.streams = this.shares.names.map((name) => stream(seed, `domain:${name}`));
  }

  /** The next batch; `domains` indexes the mixture's keys in their order. */
  next(): Batch {
    const { batchSize, seqLen, vocabSize } = this.shape;
    const domains = this.domainsOf(batchSize, this.step++);
    const windows = Array.from(domains, (domain) => {
      const { bytes, trainLength } = this.texts[domain];
      const start = this.streams[domain].below(trainLength - seqLen);
      return bytes.subarray(start, start + seqLen + 1);
    });
    return batchOf(windows, domains, seqLen, vocabSize);
  }

  private domainsOf(batchSize: number, step: number): Int32Array {
    if (this.order === "iid") return drawDomains(this.shares, batchSize, this.orderStream);
    const even = interleave(sequencesPerDomain(this.shares, batchSize, step));
    return this.order === "random" ? shuffle(even, this.orderStream) : even;
  }

  getState(): BatchSourceState {
    const streams = Object.fromEntries(this.shares.names.map((name, index) => [name, this.streams[index].getState()]));
    return { step: this.step, streams, ...(this.order === "stratified" ? {} : { order: this.orderStream.getState() }) };
  }

  /** Throws when the state is of another mixture, or of batches in another order. */
  setState({ step, streams, order }: BatchSourceState): void {
    const { names } = this.shares;
    if (!names.every((name) => name in streams) || Object.keys(streams).length !== names.length) {
      throw new RangeError(`The stored data order is of the domains ${Object.keys(streams).join(", ")}, this run has ${names.join(", ")}.`);
    }
    if ((order === undefined) !== (this.order === "stratified"))
      throw new RangeError(`The stored data order is ${order ? "drawn" : "stratified"}, this run's is ${this.order}.`);
    this.step = step;
    if (order) this.orderStream.setState(order);
    names.forEach((name, index) => this.streams[index].setState(streams[name]));
  }
}

/** The texts called `names`, in that order. Throws when one is missing. */
export function textsOf(domains: readonly DomainText[], names: readonly string[]): DomainText[] {
  return names.map((name) => {
    const found = domains.find((domain) => domain.name === name);
    if (!found)
      throw new RangeError(
        `The mixture names domain "${name}", but there is no such text. There are: ${domains.map((domain) => domain.name).join(", ")}.`,
      );
    return found;
  });
}

/** Windows of seqLen + 1 bytes as a batch. */
export function batchOf(windows: readonly Uint8Array[], domains: Int32Array, seqLen: number, vocabSize: number): Batch {
  const tokens = new Int32Array(windows.length * seqLen);
  const targets = new Int32Array(windows.length * seqLen);
  windows.forEach((window, sequence) => {
    for (let p = 0; p <= seqLen; p++) {
      if (window[p] >= vocabSize) throw new RangeError(`The text contains byte ${window[p]}; vocabSize ${vocabSize} has no such token.`);
    }
    tokens.set(window.subarray(0, seqLen), sequence * seqLen);
    targets.set(window.subarray(1, seqLen + 1), sequence * seqLen);
  });
  return { tokens, targets, ...bucketByToken(tokens, vocabSize), domains };
}

/** A batch cut into microsteps of `sequences` sequences each, in order, each with its own buckets. */
export function microbatches(batch: Batch, sequences: number): Batch[] {
  const batchSize = batch.domains.length;
  if (!(Number.isInteger(sequences) && sequences >= 1 && batchSize % sequences === 0)) {
    throw new RangeError(`A batch of ${batchSize} sequences cannot be cut into microsteps of ${sequences}.`);
  }
  if (sequences === batchSize) return [batch];
  const seqLen = batch.tokens.length / batchSize;
  return Array.from({ length: batchSize / sequences }, (_, index) => {
    const [first, end] = [index * sequences, (index + 1) * sequences];
    const tokens = batch.tokens.slice(first * seqLen, end * seqLen);
    const targets = batch.targets.slice(first * seqLen, end * seqLen);
    return { tokens, targets, ...bucketByToken(tokens, batch.starts.length - 1), domains: batch.domains.slice(first, end) };
  });
}

/** Counting sort of rows by token id, stable: an id's rows ascend. */
export function bucketByToken(tokens: Int32Array, vocabSize: number): { order: Int32Array; starts: Int32Array } {
  const starts = new Int32Array(vocabSize + 1);
  for (const token of tokens) starts[token + 1]++;
  for (let id = 0; id < vocabSize; id++) starts[id + 1] += starts[id];
  const next = starts.slice();
  const order = new Int32Array(tokens.length);
  tokens.forEach((token, row) => (order[next[token]++] = row));
  return { order, starts };
}
