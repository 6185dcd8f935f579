/** Which runs may train side by side as replicas of one program, and what that program is. */
import canonicalize from "canonicalize";
import type { BalanceConfig, BalanceGroup, RunConfig } from "../model/config.ts";

/**
 * Runs with equal names here can train side by side. They may differ in
 * - seeds, and in everything that only the host reads: steps, validation intervals, mixture weights, range of the first weights, what is kept;
 * - numbers that reach the device as data every step (`numbersOfStep`): learning rate and its schedule, AdamW's constants, clipping, lambda, alpha, gamma, the z-loss's coefficient;
 * - whether they balance, and over which groups: an alpha, gamma or coefficient of 0 adds exact zeros, so the program may balance in more ways than a run asks for.
 *
 * Not in the bias's rule, form and group: there is one of each in a program. A run without bias joins the first of `configs` that has one.
 */
export function programsOf(configs: readonly RunConfig[]): string[] {
  const parts = configs.map((config) => ({ shape: shapeOf(config), bias: biasShape(config.balance) }));
  return parts.map(({ shape, bias }) => {
    const joined = bias ?? parts.find((other) => other.shape === shape && other.bias !== null)?.bias ?? "no bias";
    return `${shape} ${joined}`;
  });
}

/** The config whose program trains all of `configs`: it balances in every way that one of them does. Throws when they share none. */
export function coveringConfig(configs: readonly RunConfig[]): RunConfig {
  if (new Set(programsOf(configs)).size !== 1) throw new Error(`${configs.length} runs share no program`);
  const [first] = configs;
  const losses = ordered(first.balance.losses.map(({ group }) => group))
    ? [...new Set(configs.flatMap(({ balance }) => balance.losses.map(({ group }) => group)))]
        .sort(byScope)
        .map((group) => ({ group, alpha: 0 }))
    : first.balance.losses;
  return {
    ...first,
    balance: {
      ...first.balance,
      losses,
      zLoss: configs.some(({ balance }) => balance.zLoss !== 0) ? 1 : 0,
      bias: configs.find(({ balance }) => balance.bias)?.balance.bias ?? null,
    },
  };
}

/** A run's config as the program of `covering` sees it: what the run does not ask for has weight 0. */
export function widened(config: RunConfig, covering: RunConfig): RunConfig {
  const { losses, bias } = config.balance;
  const wide = covering.balance.losses.map(({ group }) => ({ group, alpha: losses.find((loss) => loss.group === group)?.alpha ?? 0 }));
  return {
    ...config,
    balance: {
      ...config.balance,
      losses: ordered(losses.map(({ group }) => group)) ? wide : losses,
      bias: bias ?? (covering.balance.bias && { ...covering.balance.bias, gamma: 0 }),
    },
  };
}

/** What shapes a program, as text. */
function shapeOf({ model, balance, train: { batchSize, seqLen, microBatch }, precision, validation, data }: RunConfig): string {
  const { initializerRange: _range, mtp, ...sizes } = model;
  const { lambda: _lambda, ...depths } = mtp;
  const groups = balance.losses.map(({ group }) => group);
  return canonicalize({
    model: { ...sizes, mtp: depths },
    losses: ordered(groups) ? "any" : groups,
    batch: { batchSize, seqLen, microBatch: microBatch ?? batchSize },
    precision,
    validation,
    domains: Object.keys(data.mixture),
  }) as string;
}

const biasShape = ({ bias }: BalanceConfig): string | null =>
  bias && (canonicalize({ rule: bias.rule, form: bias.form, group: bias.group }) as string);

/** Losses are added in their order: only lists in one agreed order, each group once, can be parts of a longer list with the same sums. */
const ordered = (groups: readonly BalanceGroup[]): boolean => groups.every((group, n) => n === 0 || byScope(groups[n - 1], group) < 0);

/** From one sequence up to the whole batch. */
const byScope = (a: BalanceGroup, b: BalanceGroup): number => scope(a) - scope(b);
const scope = (group: BalanceGroup): number => (group === "sequence" ? 0 : group === "batch" ? Infinity : group);
