import { show } from "../runs/spec/problems.ts";
import type { CacheReport, ExperimentPlan, Miss } from "../runs/plan/plan.ts";
import { terminalLine } from "../text/terminal-text.ts";
import { orderText } from "../runs/spec/order-text.ts";

/** A plan as a person reads it before training: what differs, what it costs, what is there already. */
export function planText(plan: ExperimentPlan, cache: CacheReport, miss: Miss | null): string {
  const { experiment, arms, runs } = plan;
  const lines = [`${experiment.id}: ${experiment.title}`];
  const width = arms.reduce((longest, { name }) => Math.max(longest, terminalLine(name).length), 0);
  for (const { name, differences, cost, seedOffset } of arms) {
    const changed = differences.map(
      ({ path, from, to }) => `${path} ${from === undefined ? "" : `${show(from)} → `}${to === undefined ? "none" : show(to)}`,
    );
    if (seedOffset !== 0) changed.push(`seeds + ${seedOffset}`);
    const what = name === experiment.baseline ? "baseline" : changed.length > 0 ? changed.join(", ") : "the same as the baseline";
    const active = cost.activeParams === cost.params ? "" : `, ${count(cost.activeParams)} active`;
    lines.push(
      `  ${terminalLine(name).padEnd(width)}  ${count(cost.params)} parameters${active}, ${count(cost.tokens)} tokens, ${count(cost.flops)}FLOP  ${what}`,
    );
  }
  const order = orderText(arms.map(({ config }) => config));
  if (order) lines.push(`  ${order}`);
  const cached = cache.cached.size;
  const total = arms.reduce((sum, arm) => sum + arm.cost.flops, 0) * experiment.seeds.length;
  lines.push(
    `  ${arms.length} arm${arms.length === 1 ? "" : "s"} × ${experiment.seeds.length} seed${experiment.seeds.length === 1 ? "" : "s"} = ${runs.length} runs, ${count(total)}FLOP in all; ${cached === 0 ? "none in the store" : cached === runs.length ? "all in the store" : `${cached} in the store`}`,
  );
  if (miss)
    lines.push(
      `  not in the store: ${miss.run.arm}, seed ${miss.run.seed.init} differs from the nearest run there in ${miss.difference.path} (${show(miss.difference.from)} → ${show(miss.difference.to)})`,
    );
  return lines.map(terminalLine).join("\n");
}

/** 277888 → "277.9 k"; digits a person can use. */
export function count(value: number): string {
  const units = ["", "k", "M", "G", "T", "P"];
  let i = 0;
  let x = value;
  while (x >= 1000 && i < units.length - 1) [x, i] = [x / 1000, i + 1];
  const digits = i === 0 ? String(Math.round(x)) : x.toFixed(x < 100 ? 1 : 0);
  return i === 0 ? digits : `${digits} ${units[i]}`;
}

/** 125 → "2 min 5 s" */
export function seconds(value: number): string {
  const s = Math.round(value);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.round((s % 3600) / 60)} min`;
}
