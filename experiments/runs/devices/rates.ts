/** What was measured of backends on this machine, kept between sessions so that costs can be told before anything trains. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import canonicalize from "canonicalize";
import * as v from "valibot";
import type { BackendInfo } from "../../../engine/backends/backend.ts";
import type { RunConfig } from "../../../engine/model/config.ts";
import type { RunResult } from "../../results.ts";
import { costOf } from "../cost/cost.ts";
import { parseJson } from "../store/parse-json.ts";
import { engineVersion } from "../store/version.ts";

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));

const rate = v.object({
  /** backend, adapter, kernels, the table that chooses them, and version of the engine */
  device: v.string(),
  /** hash of model, balance and batch shape */
  plan: v.string(),
  workers: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** model FLOPs per second, all workers together */
  flopsPerSecond: positive,
  flopsPerToken: positive,
  /** from the start of a run to the end of its first step */
  startSeconds: v.pipe(v.number(), v.finite(), v.minValue(0)),
  /** ISO time */
  when: v.string(),
});

export type Rate = v.InferOutput<typeof rate>;

const file = v.object({ schema: v.literal("switchyard.rates/1"), rates: v.array(rate) });

/** Where the text is kept: a file in the user's cache folder, a browser's storage, a variable in tests. */
export interface RateStore {
  load(): Promise<string | null>;
  save(text: string): Promise<void>;
  /** Puts away a text that cannot be used, and says so. */
  refuse?(why: string): Promise<void>;
}

export interface Measured {
  /** models and batch shapes */
  plans: number;
  slowest: number;
  fastest: number;
  /** ISO time */
  last: string;
}

/** Enough for every model a person may try in a month; the oldest go first. */
const mostRates = 200;

export class Rates {
  private readonly store: RateStore;

  constructor(store: RateStore) {
    this.store = store;
  }

  /** The rate measured on this very plan, or the one of the plan with the most similar cost per token; null when nothing was measured on this device. */
  async find(info: BackendInfo, config: RunConfig, workers: number): Promise<{ rate: Rate; exact: boolean } | null> {
    const { flopsPerToken } = costOf(config);
    const known = (await this.all()).filter((entry) => entry.device === deviceKey(info) && entry.workers === workers);
    const exact = known.find((entry) => entry.plan === planKey(config));
    if (exact) return { rate: exact, exact: true };
    const distance = (entry: Rate) => Math.abs(Math.log(entry.flopsPerToken / flopsPerToken));
    const nearest = known.sort((a, b) => distance(a) - distance(b))[0];
    return nearest ? { rate: nearest, exact: false } : null;
  }

  /** What estimates on this device rest on; null when nothing was measured. Speeds are of all workers together, in model FLOPs per second. */
  async measured(info: BackendInfo): Promise<Measured | null> {
    const own = (await this.all()).filter(({ device }) => device === deviceKey(info));
    if (own.length === 0) return null;
    const speeds = own.map(({ flopsPerSecond }) => flopsPerSecond);
    return {
      plans: new Set(own.map(({ plan }) => plan)).size,
      slowest: Math.min(...speeds),
      fastest: Math.max(...speeds),
      last: own
        .map(({ when }) => when)
        .sort()
        .at(-1)!,
    };
  }

  /** Keeps a measurement in place of an older one of the same. A cache that cannot be written is no reason to fail. */
  async keep(
    info: BackendInfo,
    config: RunConfig,
    workers: number,
    measured: { tokensPerSecond: number; startSeconds: number },
    now = new Date(),
  ): Promise<Rate> {
    const { flopsPerToken } = costOf(config);
    const entry: Rate = {
      device: deviceKey(info),
      plan: planKey(config),
      workers,
      flopsPerToken,
      flopsPerSecond: measured.tokensPerSecond * flopsPerToken,
      startSeconds: measured.startSeconds,
      when: now.toISOString(),
    };
    const others = (await this.all()).filter(
      ({ device, plan, workers: n }) => device !== entry.device || plan !== entry.plan || n !== workers,
    );
    const rates = [...others, entry].slice(-mostRates);
    await this.store.save(JSON.stringify({ schema: "switchyard.rates/1", rates })).catch(() => {});
    return entry;
  }

  /** Keeps what finished runs of one config showed while `workers` of their kind trained. */
  async learn(info: BackendInfo, config: RunConfig, workers: number, runs: readonly RunResult[]): Promise<void> {
    const rates = runs.flatMap(({ status, cached, metrics }) => (status === "done" && !cached && metrics ? [metrics.tokensPerSecond] : []));
    if (rates.length === 0) return;
    const mean = rates.reduce((sum, tokensPerSecond) => sum + tokensPerSecond, 0) / rates.length;
    const startSeconds = (await this.find(info, config, workers))?.rate.startSeconds ?? typicalStart;
    await this.keep(info, config, workers, { tokensPerSecond: mean * workers, startSeconds });
  }

  /** A cache that is damaged or of another version is empty. */
  private async all(): Promise<Rate[]> {
    const text = await this.store.load().catch(() => null);
    if (text === null) return [];
    const reading = parseJson(text, file);
    if (reading.state === "read") return reading.value.rates;
    await this.store.refuse?.(reading.why);
    return [];
  }
}

/** Seconds to the first step of a small model, where no probe has measured it. */
const typicalStart = 0.3;

const deviceKey = ({ name, adapter, kernels, table, fma }: BackendInfo): string =>
  canonicalize({ name, adapter, kernels, table: table ?? null, fma, engineVersion }) as string;

const planKey = ({ model, balance, train: { batchSize, seqLen, microBatch }, precision }: RunConfig): string =>
  bytesToHex(sha256(utf8ToBytes(canonicalize({ model, balance, batchSize, seqLen, microBatch, precision }) as string)));
