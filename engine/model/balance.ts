import { NumberSlot } from "../program/ops.ts";
import type { Tensor } from "../program/tensor.ts";
import type { BalanceGroup } from "./config.ts";
import type { Build, Rows } from "./layers.ts";

/** Rows over which one balance statistic is taken; groups are runs of whole sequences within a microstep. */
export function groupRows(group: BalanceGroup, { rows, seqLen }: Rows): number {
  if (group === "batch") return rows;
  return group === "sequence" ? seqLen : group * seqLen;
}

/**
 * The balance losses of one MoE layer, V3 Eq. 17-20 at each scope that the config names, and the router z-loss.
 * f counts the unbiased, ungrouped top-K of the affinities s (Eq. 18), whatever was dispatched.
 */
export function balanceLosses(build: Build, logits: Tensor, s: Tensor, dispatched: Tensor, size: Rows, main: boolean): void {
  const { program } = build;
  const { balance, model } = build.config;
  const { nRoutedExperts: experts, numExpertsPerTok: k } = model;
  const { rows } = size;
  if (balance.losses.length > 0) {
    const dispatchedIsUnbiased = balance.bias === null && model.nGroup === 1;
    const idx = dispatchedIsUnbiased
      ? dispatched
      : program.emit("topk", { rows, experts, k, nGroup: 1, topkGroup: 1, groupTop: 1, form: "none" }, [s], { label: "unbiased_topk" })[0];
    balance.losses.forEach(({ group }, n) => {
      const attrs = { rows, experts, k, groupRows: groupRows(group, size), number: NumberSlot.firstAlpha + n };
      const [loss] = program.emit("balanceLoss", attrs, [s, idx, build.numbers], { homes: ["metrics"], label: `balance_loss_${n}` });
      build.collected.routerLoss.push({ kind: "balance", main, loss });
    });
  }
  if (balance.zLoss !== 0) {
    const [loss] = program.emit("zLoss", { rows, experts }, [logits, build.numbers], { homes: ["metrics"] });
    build.collected.routerLoss.push({ kind: "z", main, loss });
  }
}
