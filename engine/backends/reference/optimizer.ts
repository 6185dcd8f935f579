import { NumberSlot } from "../../program/ops.ts";
import type { ReferenceOps } from "./reference-op.ts";

/** Global-norm clip, AdamW with decoupled decay (arXiv 1711.05101), and the update of expert biases (arXiv 2408.15664, Alg. 1). */
export const optimizer: ReferenceOps<"clipScale" | "adamw" | "biasUpdate"> = {
  clipScale({ length }, [gradients, numbers], [norm, scale]) {
    const gradScale = numbers[NumberSlot.gradScale];
    let squares = 0;
    for (let i = 0; i < length; i++) squares += (gradients[i] * gradScale) ** 2;
    norm[0] = Math.sqrt(squares);
    if (!Number.isFinite(norm[0])) scale[0] = 0;
    else scale[0] = gradScale * (norm[0] > numbers[NumberSlot.clipNorm] ? numbers[NumberSlot.clipNorm] / norm[0] : 1);
  },

  adamw({ length, decayLength }, [param, grad, m, v, [scale], numbers], [newParam, newM, newV]) {
    if (scale === 0) return;
    const at = (slot: keyof typeof NumberSlot) => numbers[NumberSlot[slot]];
    const [lr, beta1, beta2, eps] = [at("lr"), at("beta1"), at("beta2"), at("eps")];
    for (let i = 0; i < length; i++) {
      const g = grad[i] * scale;
      newM[i] = beta1 * m[i] + (1 - beta1) * g;
      newV[i] = beta2 * v[i] + (1 - beta2) * g * g;
      const step = newM[i] / at("correction1") / (Math.sqrt(newV[i] / at("correction2")) + eps);
      const decay = i < decayLength ? at("weightDecay") * param[i] : 0;
      newParam[i] = param[i] - lr * (step + decay);
    }
  },

  biasUpdate({ experts, groups, rule }, [bias, load, [scale], numbers], [newBias]) {
    if (scale === 0) return;
    const gamma = numbers[NumberSlot.gamma];
    for (let e = 0; e < experts; e++) {
      let update = 0;
      for (let group = 0; group < groups; group++) {
        const loads = load.subarray(group * experts, (group + 1) * experts);
        const mean = loads.reduce((a, b) => a + b) / experts;
        update += rule === "sign" ? Math.sign(mean - loads[e]) : (mean - loads[e]) / mean;
      }
      newBias[e] = bias[e] + (gamma / groups) * update;
    }
  },
};
