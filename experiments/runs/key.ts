import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import canonicalize from "canonicalize";
import { semantics, type RunConfig, type Seed } from "../../engine/model/config.ts";

/** What a run's result depends on, and nothing else. */
export interface KeyParts {
  config: KeyedConfig;
  seed: Seed;
  /** of the frozen text of the experiment's domains */
  dataHash: string;
  semantics: number;
}

/** A config without what cannot change a number: how often a checkpoint is written, and whether weights are kept. */
export type KeyedConfig = Omit<RunConfig, "train"> & { train: Omit<RunConfig["train"], "checkpointEverySeconds" | "keep"> };

export function keyParts(config: RunConfig, seed: Seed, dataHash: string): KeyParts {
  const { checkpointEverySeconds: _seconds, keep: _keep, ...train } = config.train;
  return { config: { ...config, train }, seed, dataHash, semantics };
}

/** sha256 (hex) over the parts as canonical JSON (RFC 8785): the order of keys does not matter, every value does. */
export function keyOf(parts: KeyParts): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalize(parts) as string)));
}

export const runKey = (config: RunConfig, seed: Seed, dataHash: string): string => keyOf(keyParts(config, seed, dataHash));

/**
 * The same for many seeds of one config, whose text is made and hashed once: of the four parts, in alphabetical order, all that
 * differs comes last.
 */
export function runKeys(config: RunConfig, dataHash: string): (seed: Seed) => string {
  const parts = keyParts(config, { init: 0, data: 0 }, dataHash);
  const hashed = sha256.create().update(utf8ToBytes(`{"config":${canonicalize(parts.config)},"dataHash":${canonicalize(dataHash)},"seed":`));
  return (seed) => bytesToHex(hashed.clone().update(utf8ToBytes(`${canonicalize(seed)},"semantics":${canonicalize(parts.semantics)}}`)).digest());
}

/** A run's folder name. */
export const shortKey = (key: string): string => key.slice(0, 16);
