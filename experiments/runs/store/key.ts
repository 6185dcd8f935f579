import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import canonicalize from "canonicalize";
import { semantics, type RunConfig, type Seed } from "../../../engine/model/config.ts";

/** What a run's result depends on, and nothing else. */
export interface KeyParts {
  config: KeyedConfig;
  seed: Seed;
  /** of the frozen text of the experiment's domains */
  dataHash: string;
  semantics: number;
}

/** A config without what cannot change a number: how often a checkpoint is written, and whether weights are kept. */
type KeyedConfig = Omit<RunConfig, "train"> & { train: Omit<RunConfig["train"], "checkpointEverySeconds" | "keep"> };

export function keyParts(config: RunConfig, seed: Seed, dataHash: string): KeyParts {
  const { checkpointEverySeconds: _seconds, keep: _keep, ...train } = config.train;
  return { config: { ...config, train }, seed, dataHash, semantics };
}

/** sha256 (hex) over the parts as canonical JSON (RFC 8785): the order of keys does not matter, every value does. */
export function keyOf(parts: KeyParts): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalize(parts) as string)));
}

/** The key of a run that is kept: by the meaning that its settings had when it was trained. */
export const keyOfRecord = ({ config, seed, dataHash, semantics }: KeyedRecord): string =>
  keyOf({ ...keyParts(config, seed, dataHash), semantics });

interface KeyedRecord {
  config: RunConfig;
  seed: Seed;
  dataHash: string;
  semantics: number;
}

export const runKey = (config: RunConfig, seed: Seed, dataHash: string): string => keyOf(keyParts(config, seed, dataHash));

/**
 * The same for many configs and seeds of one data hash. A part of a config that several share (the same object) is written once,
 * and of the four parts, in alphabetical order, all that differs between seeds comes last: the text before it is hashed once.
 */
export function runKeys(dataHash: string): (config: RunConfig) => (seed: Seed) => string {
  const texts = new WeakMap<object, string>();
  const textOf = (part: object, keyed: object): string => {
    let text = texts.get(part);
    if (text === undefined) texts.set(part, (text = canonicalize(keyed) as string));
    return text;
  };
  return (config) => {
    const parts = keyParts(config, { init: 0, data: 0 }, dataHash);
    const names = Object.keys(parts.config).sort() as (keyof RunConfig)[];
    const text = names.map((name) => `${JSON.stringify(name)}:${textOf(config[name], parts.config[name])}`).join();
    const hashed = sha256.create().update(utf8ToBytes(`{"config":{${text}},"dataHash":${JSON.stringify(dataHash)},"seed":`));
    return (seed) =>
      bytesToHex(
        hashed
          .clone()
          .update(utf8ToBytes(`${canonicalize(seed)},"semantics":${parts.semantics}}`))
          .digest(),
      );
  };
}

/** A run's folder name. */
export const shortKey = (key: string): string => key.slice(0, 16);
