import { elements, type GradientContext, type GradientInputs, type LossSeed } from "./op-record.ts";
import { opRecords } from "./op-records.ts";
import type { OpAttrs, OpKind } from "./ops.ts";
import type { Program } from "./program.ts";
import type { Node, Tensor } from "./tensor.ts";

/**
 * Appends the backward nodes of `forward` to the program's current list, in reverse order, and returns the
 * gradient tensor of every parameter reached. Each op states its own gradient in its record, as other ops.
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

class Backward implements GradientContext {
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
    const rule = opRecords[node.kind].gradient;
    if (!rule || !node.differentiable) return;
    const dOutputs = node.outputs.map((output) => this.gradients.get(output.id));
    const isLoss = opRecords[node.kind].isLoss || this.seeds.has(node.outputs[0].id);
    if (!isLoss && dOutputs.every((d) => !d)) return;
    this.program.scope(`d ${node.name}`, () => rule(this, node, dOutputs));
  }

  seed(tensor: Tensor): LossSeed {
    const seed = this.seeds.get(tensor.id);
    if (!seed) throw new Error(`${tensor.name} is no loss`);
    return seed;
  }

  emit<Kind extends OpKind>(kind: Kind, attrs: OpAttrs[Kind], inputs: Tensor[]): Tensor[] {
    return this.program.emit(kind, attrs, inputs);
  }

  rowOfSlot(slotOfRow: Tensor): Tensor {
    const partner = this.program.dispatchPartner.get(slotOfRow.id);
    if (!partner) throw new Error(`${slotOfRow.name} does not come from dispatch`);
    return partner;
  }

  /** Adds one more term to the gradient of `x`, in place where the op can. */
  contribute<Kind extends OpKind>(x: Tensor, kind: Kind, attrs: OpAttrs[Kind], inputs: Tensor[]): void {
    const known = this.gradients.get(x.id);
    const label = `→ ${x.name}`;
    if (known && opRecords[kind].accumulates) {
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
