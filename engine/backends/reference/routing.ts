import type { OpAttrs } from "../../program/ops.ts";
import { sigmoid } from "./dense.ts";
import type { ReferenceOps } from "./reference-op.ts";

/** From router logits to chosen experts, gate values and the order of the routed rows (V3 §2.1.2, Eq. 13-16). */
export const routing: ReferenceOps<"sigmoid" | "sigmoidGrad" | "topk" | "gates" | "gatesGrad" | "dispatch" | "countLoad"> = {
  sigmoid({ length }, [logits], [s]) {
    for (let i = 0; i < length; i++) s[i] = sigmoid(logits[i]);
  },

  sigmoidGrad({ length }, [s, ds], [dLogits]) {
    for (let i = 0; i < length; i++) dLogits[i] = ds[i] * s[i] * (1 - s[i]);
  },

  topk(attrs, [s, bias], [idx]) {
    const { rows, experts, k } = attrs;
    for (let row = 0; row < rows; row++) {
      const choices = choicesOf(attrs, s.subarray(row * experts, (row + 1) * experts), bias);
      idx.set(highest(choices, k), row * k);
    }
  },

  gates({ rows, experts, k, normalise, scale }, [s, idx], [g]) {
    for (let row = 0; row < rows; row++) {
      let sum = 1e-20;
      for (let slot = 0; slot < k; slot++) sum += s[row * experts + idx[row * k + slot]];
      for (let slot = 0; slot < k; slot++) {
        const score = s[row * experts + idx[row * k + slot]];
        g[row * k + slot] = (normalise ? score / sum : score) * scale;
      }
    }
  },

  /** Normalised: ∂(s_i/S)/∂s_j = (δ_ij − s_i/S)/S with S the sum over the chosen ones. */
  gatesGrad({ rows, experts, k, normalise, scale }, [s, idx, dg], [ds]) {
    ds.fill(0);
    for (let row = 0; row < rows; row++) {
      let sum = 1e-20;
      let weighted = 0;
      for (let slot = 0; slot < k; slot++) {
        const score = s[row * experts + idx[row * k + slot]];
        sum += score;
        weighted += dg[row * k + slot] * score;
      }
      for (let slot = 0; slot < k; slot++) {
        const d = dg[row * k + slot];
        ds[row * experts + idx[row * k + slot]] = (normalise ? (d - weighted / sum) / sum : d) * scale;
      }
    }
  },

  dispatch({ rows, experts, k }, [idx], [starts, rowOfSlot, slotOfRow]) {
    let row = 0;
    for (let expert = 0; expert < experts; expert++) {
      starts[expert] = row;
      for (let slot = 0; slot < rows * k; slot++) {
        if (idx[slot] !== expert) continue;
        slotOfRow[row] = slot;
        rowOfSlot[slot] = row;
        row++;
      }
    }
    starts[experts] = row;
  },

  countLoad({ rows, experts, k, groupRows }, [idx], [load]) {
    load.fill(0);
    for (let row = 0; row < rows; row++) {
      const group = Math.floor(row / groupRows);
      for (let slot = 0; slot < k; slot++) load[group * experts + idx[row * k + slot]]++;
    }
  },
};

/** What one token's experts are chosen by: s, s + bias or s·bias, −∞ outside the groups that stay. */
function choicesOf({ experts, nGroup, topkGroup, groupTop, form }: OpAttrs["topk"], s: Float64Array, bias?: Float64Array): Float64Array {
  const choices = s.map((score, e) => {
    const choice = form === "none" ? score : form === "additive" ? score + bias![e] : score * bias![e];
    return Number.isNaN(choice) ? -Infinity : choice;
  });
  if (nGroup <= 1) return choices;
  const size = experts / nGroup;
  const groupScores = new Float64Array(nGroup);
  for (let group = 0; group < nGroup; group++) {
    const members = choices.subarray(group * size, (group + 1) * size);
    groupScores[group] = highest(members, Math.min(groupTop, size)).reduce((sum, e) => sum + members[e], 0);
  }
  const kept = new Set(highest(groupScores, topkGroup));
  return choices.map((choice, e) => (kept.has(Math.floor(e / size)) ? choice : -Infinity));
}

/** Indices of the k highest values in ascending order of index; of equal values the lowest indices. */
function highest(values: Float64Array, k: number): number[] {
  const byValue = [...values.keys()].sort((a, b) => (values[a] === values[b] ? a - b : values[a] > values[b] ? -1 : 1));
  return byValue.slice(0, k).sort((a, b) => a - b);
}
