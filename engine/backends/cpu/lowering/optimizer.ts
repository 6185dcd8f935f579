import { NumberSlot } from "../../../program/ops.ts";
import type { Lowerings } from "./lowering.ts";

export const optimizer: Lowerings<"clipScale" | "adamw" | "biasUpdate"> = {
  clipScale({ attrs: { length }, inputs: [gradients, numbers], outputs: [norm, scale], kernels, number }) {
    return () =>
      kernels.clipScale(gradients, norm, scale, length, number(numbers, NumberSlot.clipNorm), number(numbers, NumberSlot.gradScale));
  },

  adamw({ attrs: { length, decayLength }, inputs: [param, grad, m, v, scale, numbers], kernels, number }) {
    const update = (from: number, to: number, weightDecay: number): void => {
      const at = (pool: number) => pool + 4 * from;
      kernels.adamw(
        at(param),
        at(grad),
        at(m),
        at(v),
        to - from,
        number(scale, 0),
        number(numbers, NumberSlot.lr),
        number(numbers, NumberSlot.correction1),
        number(numbers, NumberSlot.correction2),
        number(numbers, NumberSlot.beta1),
        number(numbers, NumberSlot.beta2),
        number(numbers, NumberSlot.eps),
        weightDecay,
      );
    };
    return () => {
      update(0, decayLength, number(numbers, NumberSlot.weightDecay));
      update(decayLength, length, 0);
    };
  },

  biasUpdate({ attrs: { experts, groups, rule }, inputs: [bias, loads, scale, numbers], kernels, number }) {
    return () =>
      kernels.biasUpdate(bias, loads, number(scale, 0), experts, groups, Number(rule === "magnitude"), number(numbers, NumberSlot.gamma));
  },
};
