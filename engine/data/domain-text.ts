/** Frozen text of one domain; `train` and `validation` are byte ranges of it. */
export interface DomainText {
  name: string;
  bytes: Uint8Array;
  /** the first `trainLength` bytes are for training, the rest for validation */
  trainLength: number;
}
