import type { DType, OpAttrs, OpKind } from "./ops.ts";
import { anyLength, elements } from "./op-record.ts";
import { opRecords } from "./op-records.ts";
import type { Home, Node, Tensor } from "./tensor.ts";

export interface ParameterTensor extends Tensor {
  init: "normal" | "ones";
  decay: boolean;
  parts: { name: string; offset: number; shape: readonly number[] }[];
}

/**
 * A static program under construction: tensors and nodes in execution order. Several node lists (train forward,
 * backward, evaluate) share the tensors that live in pools.
 */
export class Program {
  readonly parameters: ParameterTensor[] = [];
  readonly states: Tensor[] = [];
  nodes: Node[] = [];
  /** slotOfRow id → rowOfSlot, for the gradient of gatherRows */
  readonly dispatchPartner = new Map<number, Tensor>();
  private readonly byName = new Map<string, ParameterTensor>();
  private nextId = 0;
  private scopes: string[] = [];

  tensor(name: string, shape: readonly number[], dtype: DType = "f32", home: Home = "activations"): Tensor {
    return { id: this.nextId++, name, shape, dtype, home };
  }

  /** Runs `body` with `name` added to the path that nodes and tensors are named by. */
  scope<Result>(name: string, body: () => Result): Result {
    this.scopes.push(name);
    try {
      return body();
    } finally {
      this.scopes.pop();
    }
  }

  get path(): string {
    return this.scopes.join(".");
  }

  /** Declares (or finds again, for a second list over the same weights) a trainable tensor; the name is relative to the scope. */
  parameter(
    name: string,
    shape: readonly number[],
    options: { init?: "normal" | "ones"; parts?: { name: string; shape: readonly number[] }[] } = {},
  ): ParameterTensor {
    const full = [...this.scopes, name].join(".");
    const known = this.byName.get(full);
    if (known) {
      if (known.shape.join() !== shape.join()) throw new Error(`parameter ${full} declared as [${known.shape}] and as [${shape}]`);
      return known;
    }
    let offset = 0;
    const parts = (options.parts ?? [{ name, shape }]).map((part) => {
      const placed = { name: [...this.scopes, part.name].join("."), offset, shape: part.shape };
      offset += elements(part.shape);
      return placed;
    });
    if (offset !== elements(shape)) throw new Error(`parts of ${full} hold ${offset} elements, its shape ${elements(shape)}`);
    const init = options.init ?? "normal";
    const parameter: ParameterTensor = { ...this.tensor(full, shape, "f32", "parameters"), init, decay: init === "normal", parts };
    this.parameters.push(parameter);
    this.byName.set(full, parameter);
    return parameter;
  }

  /** A persistent tensor that no gradient trains (an expert bias), found again by its full name. */
  state(name: string, shape: readonly number[]): Tensor {
    const known = this.states.find((state) => state.name === name);
    if (known) return known;
    const state = this.tensor(name, shape, "f32", "state");
    this.states.push(state);
    return state;
  }

  /** Appends a node; output shapes follow from the op's signature, input sizes are checked against it. */
  emit<Kind extends OpKind>(
    kind: Kind,
    attrs: OpAttrs[Kind],
    inputs: Tensor[],
    options: { into?: (Tensor | null)[]; homes?: (Home | undefined)[]; label?: string; differentiable?: boolean; outputs?: Tensor[] } = {},
  ): Tensor[] {
    const name = [...this.scopes, options.label ?? kind].join(".");
    const { signature: signatureOf, fewestInputs } = opRecords[kind];
    const signature = signatureOf(attrs);
    const least = fewestInputs ?? signature.inputs.length;
    if (inputs.length < least || inputs.length > signature.inputs.length) throw new Error(`${name}: ${inputs.length} inputs`);
    inputs.forEach((input, n) => {
      const want = signature.inputs[n];
      const size = elements(want.shape);
      if ((want.shape[0] !== anyLength && size !== elements(input.shape)) || want.dtype !== input.dtype)
        throw new Error(
          `${name}: input ${n} (${input.name}) is ${input.dtype}[${input.shape}], ${kind} wants ${want.dtype}[${want.shape}]`,
        );
    });
    const outputs =
      options.outputs ??
      signature.outputs.map((o, n) =>
        this.tensor(signature.outputs.length > 1 ? `${name}:${n}` : name, o.shape, o.dtype, options.homes?.[n]),
      );
    const into = signature.outputs.map((_, n) => options.into?.[n] ?? null);
    if (kind === "dispatch") this.dispatchPartner.set(outputs[2].id, outputs[1]);
    this.nodes.push({ kind, attrs, name, inputs, outputs, into, differentiable: options.differentiable ?? true } as Node);
    return outputs;
  }

  /** Collects the nodes that `body` appends as a list of their own. */
  list(body: () => void): Node[] {
    const outer = this.nodes;
    this.nodes = [];
    try {
      body();
      return this.nodes;
    } finally {
      this.nodes = outer;
    }
  }
}
