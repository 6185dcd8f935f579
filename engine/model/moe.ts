import type { Tensor } from "../program/tensor.ts";
import { groupTop, normalisesGates } from "./config.ts";
import { balanceLosses, groupRows } from "./balance.ts";
import { type Build, type Rows, swigluMlp } from "./layers.ts";

/**
 * DeepSeekMoE feed-forward, V3 §2.1.2 Eq. 12-16: returns the routed and the shared part (the residual sum is the block's).
 * x[rows,hidden] is the normed input, the same tensor for router and experts. No token is ever dropped.
 */
export function mixtureOfExperts(build: Build, x: Tensor, size: Rows, main: boolean): { routed: Tensor; shared: Tensor | null } {
  const { program } = build;
  const { model, balance } = build.config;
  const { hiddenSize: hidden, nRoutedExperts: experts, numExpertsPerTok: k, moeIntermediateSize: width } = model;
  const { rows } = size;
  const prefix = program.path;

  // Eq. 15: affinities
  const gateWeight = program.parameter("gate.weight", [experts, hidden]);
  const [logits] = program.emit("matmul", { m: rows, n: experts, k: hidden, transA: false, transB: true }, [x, gateWeight], {
    label: "gate",
  });
  const [s] = program.emit("sigmoid", { length: rows * experts }, [logits], { label: "affinity" });

  // Eq. 14, 16: the bias takes part in the choice only
  const form = balance.bias?.form ?? "none";
  const bias = balance.bias ? program.state(`${prefix}.gate.e_score_correction_bias`, [experts]) : null;
  const [idx] = program.emit(
    "topk",
    { rows, experts, k, nGroup: model.nGroup, topkGroup: model.topkGroup, groupTop: groupTop(model), form },
    bias ? [s, bias] : [s],
    {
      homes: [build.mode === "evaluate" && main ? "metrics" : undefined],
    },
  );
  // Eq. 13: gate values from unbiased affinities
  const [g] = program.emit("gates", { rows, experts, k, normalise: normalisesGates(model), scale: model.routedScalingFactor }, [s, idx]);

  let load: Tensor | null = null;
  if (build.mode === "train") {
    balanceLosses(build, logits, s, idx, size, main);
    const biasRows = groupRows(balance.bias?.group ?? "batch", size);
    [load] = program.emit("countLoad", { rows, experts, k, groupRows: biasRows }, [idx], { homes: ["metrics"], label: "load" });
  }
  build.collected.routers.push({ name: prefix, bias, load, idx, main });

  // Routed experts: rows sorted by expert, one product per expert
  const [starts, rowOfSlot, slotOfRow] = program.emit("dispatch", { rows, experts, k }, [idx]);
  const [xs] = program.emit("gatherRows", { rows, k, width: hidden }, [x, slotOfRow]);
  const gateUp = program.parameter("experts.gate_up_proj", [experts, 2 * width, hidden], {
    parts: perExpert(experts, (j) => [
      { name: `experts.${j}.gate_proj.weight`, shape: [width, hidden] },
      { name: `experts.${j}.up_proj.weight`, shape: [width, hidden] },
    ]),
  });
  const down = program.parameter("experts.down_proj", [experts, hidden, width], {
    parts: perExpert(experts, (j) => [{ name: `experts.${j}.down_proj.weight`, shape: [hidden, width] }]),
  });
  const routedRows = rows * k;
  const [gu] = program.emit("groupedMatmul", { rows: routedRows, experts, n: 2 * width, k: hidden, mode: "NT" }, [xs, gateUp, starts], {
    label: "experts.gate_up",
  });
  const [h] = program.emit("swiglu", { rows: routedRows, width }, [gu], { label: "experts.swiglu" });
  const [z] = program.emit("groupedMatmul", { rows: routedRows, experts, n: hidden, k: width, mode: "NT" }, [h, down, starts], {
    label: "experts.down",
  });
  const [routed] = program.emit("combine", { rows, k, width: hidden }, [z, g, rowOfSlot]);

  // Shared experts are one MLP of width nSharedExperts · moeIntermediateSize
  const shared =
    model.nSharedExperts > 0
      ? program.scope("shared_experts", () => swigluMlp(build, x, rows, hidden, model.nSharedExperts * width))
      : null;
  return { routed, shared };
}

const perExpert = <Part>(experts: number, parts: (j: number) => Part[]): Part[] =>
  Array.from({ length: experts }, (_, j) => parts(j)).flat();
