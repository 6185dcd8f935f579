import { accumulating, type OpAttrs, type OpKind } from "./ops.ts";
import type { Node, Program, Tensor } from "./program.ts";
import { elements } from "./signatures.ts";

/** d(total loss)/d(nll row) = factor · numbers[number] (1 if number < 0). Ops that know their own weight (balanceLoss, zLoss) need no seed. */
export interface LossSeed {
  tensor: Tensor;
  factor: number;
  number: number;
}

export interface GradientInputs {
  /** rows of the batch sorted by token id, and where each id starts (for embeddingGrad) */
  order: Tensor;
  starts: Tensor;
  numbers: Tensor;
}

type Rule<Kind extends OpKind> = (context: Backward, node: Node<Kind>, dOutputs: (Tensor | undefined)[]) => void;

/**
 * Appends the backward nodes of `forward` to the program's current list, in reverse order, and returns the
 * gradient tensor of every parameter reached. Each op states its own gradient below, as other ops.
 */
export function differentiate(program: Program, forward: Node[], seeds: LossSeed[], given: GradientInputs): Map<number, Tensor> {
  const backward = new Backward(program, seeds, given);
  for (const node of [...forward].reverse()) backward.visit(node);
  const gradients = new Map<number, Tensor>();
  for (const parameter of program.parameters) {
    const gradient = backward.gradients.get(parameter.id);
    if (gradient) gradients.set(parameter.id, gradient);
  }
  return gradients;
}

class Backward {
  readonly gradients = new Map<number, Tensor>();
  readonly program: Program;
  readonly given: GradientInputs;
  private readonly seeds = new Map<number, LossSeed>();

  constructor(program: Program, seeds: LossSeed[], given: GradientInputs) {
    this.program = program;
    this.given = given;
    for (const seed of seeds) this.seeds.set(seed.tensor.id, seed);
  }

  visit<Kind extends OpKind>(node: Node<Kind>): void {
    const rule = rules[node.kind] as Rule<Kind> | undefined;
    if (!rule || !node.differentiable) return;
    const dOutputs = node.outputs.map((output) => this.gradients.get(output.id));
    const isLoss = node.kind === "balanceLoss" || node.kind === "zLoss" || this.seeds.has(node.outputs[0].id);
    if (!isLoss && dOutputs.every((d) => !d)) return;
    this.program.scope(`d ${node.name}`, () => rule(this, node, dOutputs));
  }

  seed(tensor: Tensor): LossSeed {
    const seed = this.seeds.get(tensor.id);
    if (!seed) throw new Error(`${tensor.name} is no loss`);
    return seed;
  }

  /** Adds one more term to the gradient of `x`, in place where the op can. */
  contribute<Kind extends OpKind>(x: Tensor, kind: Kind, attrs: OpAttrs[Kind], inputs: Tensor[]): void {
    const known = this.gradients.get(x.id);
    const label = `→ ${x.name}`;
    if (known && accumulating.has(kind)) {
      this.gradients.set(x.id, this.program.emit(kind, attrs, inputs, { into: [known], label })[0]);
    } else {
      this.contributeTensor(x, this.program.emit(kind, attrs, inputs, { label })[0]);
    }
  }

  contributeTensor(x: Tensor, term: Tensor): void {
    const known = this.gradients.get(x.id);
    this.gradients.set(
      x.id,
      known ? this.program.emit("add", { length: elements(x.shape) }, [known, term], { label: `→ ${x.name}` })[0] : term,
    );
  }
}

const only = (d: (Tensor | undefined)[]): Tensor => {
  if (!d[0]) throw new Error("gradient of the first output is missing");
  return d[0];
};

const rules: { [Kind in OpKind]?: Rule<Kind> } = {
  embedding: (c, { attrs, inputs: [, table] }, d) => c.contribute(table, "embeddingGrad", attrs, [only(d), c.given.order, c.given.starts]),

  rmsNorm: (c, { attrs, inputs: [x, gain], outputs: [, rstd] }, d) => {
    const size = { rows: attrs.rows, width: attrs.width };
    c.contribute(gain, "rmsNormGradGain", size, [only(d), x, rstd]);
    c.contribute(x, "rmsNormGradInput", size, [only(d), x, gain, rstd]);
  },

  /** The linear layer y = x·Wᵀ: dx = dy·W, dW = dyᵀ·x. */
  matmul: (c, { attrs: { m, n, k, transA, transB }, inputs: [x, w] }, d) => {
    if (transA || !transB) throw new Error("only x·Wᵀ is differentiated");
    c.contribute(w, "matmul", { m: n, n: k, k: m, transA: true, transB: false }, [only(d), x]);
    c.contribute(x, "matmul", { m, n: k, k: n, transA: false, transB: false }, [only(d), w]);
  },

  rope: (c, { attrs, inputs: [x] }, d) => c.contribute(x, "rope", { ...attrs, inverse: !attrs.inverse }, [only(d)]),

  mlaAssemble: (c, { attrs, inputs: [kv, kRope] }, [dk, dv]) => {
    if (!dk || !dv) throw new Error("mlaAssemble wants both gradients");
    const [dkv, dkRope] = c.program.emit("mlaAssembleGrad", attrs, [dk, dv]);
    c.contributeTensor(kv, dkv);
    c.contributeTensor(kRope, dkRope);
  },

  attention: (c, { attrs, inputs: [q, k, v], outputs: [o, lse] }, d) => {
    const [dq, dk, dv] = c.program.emit("attentionGrad", attrs, [q, k, v, o, lse, only(d)]);
    c.contributeTensor(q, dq);
    c.contributeTensor(k, dk);
    c.contributeTensor(v, dv);
  },

  swiglu: (c, { attrs, inputs: [gu] }, d) => c.contribute(gu, "swigluGrad", attrs, [gu, only(d)]),

  add: (c, { inputs }, d) => {
    for (const input of inputs) c.contributeTensor(input, only(d));
  },

  concatColumns: (c, { attrs, inputs: [left, right] }, d) => {
    const [dLeft, dRight] = c.program.emit("splitColumns", attrs, [only(d)]);
    c.contributeTensor(left, dLeft);
    c.contributeTensor(right, dRight);
  },

  splitColumns: (c, { attrs, inputs: [joined] }, [dLeft, dRight]) => {
    if (!dLeft || !dRight) throw new Error("splitColumns wants both gradients");
    c.contribute(joined, "concatColumns", attrs, [dLeft, dRight]);
  },

  sliceSequence: (c, { attrs, inputs: [x] }, d) => c.contribute(x, "sliceSequenceGrad", attrs, [only(d)]),

  sigmoid: (c, { attrs, inputs: [logits], outputs: [s] }, d) => c.contribute(logits, "sigmoidGrad", attrs, [s, only(d)]),

  gates: (c, { attrs, inputs: [s, idx] }, d) => c.contribute(s, "gatesGrad", attrs, [s, idx, only(d)]),

  gatherRows: (c, node, d) => {
    const rowOfSlot = partnerOf(c.program, node.inputs[1]);
    c.contribute(node.inputs[0], "gatherRowsGrad", node.attrs, [only(d), rowOfSlot]);
  },

  groupedMatmul: (c, { attrs, inputs: [x, w, starts] }, d) => {
    if (attrs.mode !== "NT") throw new Error("only x·Wᵀ per expert is differentiated");
    const { rows, experts, n, k } = attrs;
    c.contribute(w, "groupedMatmul", { rows, experts, n, k, mode: "TN" }, [only(d), x, starts]);
    c.contribute(x, "groupedMatmul", { rows, experts, n: k, k: n, mode: "NN" }, [only(d), w, starts]);
  },

  combine: (c, { attrs, inputs: [z, g, rowOfSlot] }, d) => {
    const [dz, dg] = c.program.emit("combineGrad", attrs, [only(d), z, g, rowOfSlot]);
    c.contributeTensor(z, dz);
    c.contributeTensor(g, dg);
  },

  balanceLoss: (c, { attrs, inputs: [s, , numbers], outputs: [, f] }) => c.contribute(s, "balanceLossGrad", attrs, [s, f, numbers]),

  zLoss: (c, { attrs, inputs: [logits, numbers] }) => c.contribute(logits, "zLossGrad", attrs, [logits, numbers]),

  crossEntropy: (c, { attrs, inputs: [logits, targets], outputs: [nll, lse] }) => {
    const { factor, number } = c.seed(nll);
    c.contribute(logits, "crossEntropyGrad", { ...attrs, factor, number }, [logits, targets, lse, c.given.numbers]);
  },
};

/** `dispatch` yields rowOfSlot and slotOfRow together; the gradient of a gather by one is a sum by the other. */
function partnerOf(program: Program, slotOfRow: Tensor): Tensor {
  const partner = program.dispatchPartner.get(slotOfRow.id);
  if (!partner) throw new Error(`${slotOfRow.name} does not come from dispatch`);
  return partner;
}
