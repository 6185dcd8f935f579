import { type BuildOptions, buildTransformer, microBatchOf, type TransformerProgram } from "../model/transformer.ts";
import type { RunConfig } from "../model/config.ts";
import { inModule } from "../model/mtp.ts";
import { aligned, placeActivations, resolveInto } from "./memory.ts";
import type { Accumulate, Parameter, Plan, PlannedOp, PoolName, Slice } from "./plan-types.ts";
import type { OpAttrs, OpKind } from "../program/ops.ts";
import type { Node, Tensor } from "../program/tensor.ts";
import type { ParameterTensor } from "../program/program.ts";
import { elements } from "../program/op-record.ts";
import { flopsOf } from "../program/op-records.ts";

/** Turns a run configuration into one flat list of ops per phase over slices of a few pooled buffers. */
export function planRun(config: RunConfig, options: BuildOptions = {}): Plan {
  return new Planner(config, buildTransformer(config, options)).plan();
}

class Planner {
  private readonly pools: Record<PoolName, number> = {
    parameters: 0,
    gradients: 0,
    moment1: 0,
    moment2: 0,
    state: 0,
    inputs: 0,
    numbers: 0,
    metrics: 0,
    activations: 0,
  };
  /** tensors that outlive a list, by id */
  private readonly slices = new Map<number, Slice>();
  /** final gradient tensors and the chains that lead to them, by id of their storage */
  private readonly gradientSlices = new Map<number, Slice>();
  private readonly config: RunConfig;
  private readonly built: TransformerProgram;

  constructor(config: RunConfig, built: TransformerProgram) {
    this.config = config;
    this.built = built;
  }

  plan(): Plan {
    const { given, training, evaluation, program } = this.built;
    const { parameters, groups } = this.layParameters();
    for (const tensor of [given.tokens, given.targets, given.order, given.starts, given.numbers, ...program.states]) this.lay(tensor);
    const microstep = this.schedule(this.built.microstep, true);
    const evaluate = this.schedule(this.built.evaluate, false);
    const { step, gradNorm, clipScale } = this.optimizerStep(groups);
    const mainRouters = training.routers.filter((router) => router.main);
    return {
      pools: { ...this.pools },
      lists: { microstep, step, evaluate },
      parameters,
      biases: training.routers.flatMap(({ bias }) =>
        bias ? [{ name: bias.name, slice: this.sliceOf(bias), initial: this.config.balance.bias?.form === "multiplicative" ? 1 : 0 }] : [],
      ),
      inputs: {
        tokens: this.sliceOf(given.tokens),
        targets: this.sliceOf(given.targets),
        order: this.sliceOf(given.order),
        starts: this.sliceOf(given.starts),
        numbers: this.sliceOf(given.numbers),
      },
      metrics: {
        trainLoss: this.sliceOf(training.loss[0]),
        mtpLoss: training.loss.slice(1).map((loss) => this.sliceOf(loss)),
        routerLoss: training.routerLoss.map(({ kind, main, loss }) => ({ kind, main, slice: this.sliceOf(loss) })),
        gradNorm,
        clipScale,
        load: mainRouters.flatMap(({ load }) => (load ? [this.sliceOf(load)] : [])),
      },
      evaluation: {
        depths: evaluation.heads.map(({ logits, nll, argmax, overlap, seqLen }) => ({
          logits: logits.home === "metrics" ? this.sliceOf(logits) : null,
          nll: this.sliceOf(nll),
          argmax: this.sliceOf(argmax),
          overlap: overlap && this.sliceOf(overlap),
          seqLen,
        })),
        experts: evaluation.routers.filter((router) => router.main).map(({ idx }) => this.sliceOf(idx)),
      },
      batch: microBatchOf(this.config),
      seqLen: this.config.train.seqLen,
    };
  }

  /** Every group's decayed matrices first, norm gains after, so that one boundary tells AdamW where decay ends. */
  private layParameters(): { parameters: Parameter[]; groups: ClipGroup[] } {
    const groups: ClipGroup[] = [];
    const parameters = this.clippedTogether().flatMap((tensors) => {
      const group = { offset: this.pools.parameters, length: 0, decayLength: 0 };
      groups.push(group);
      return [...tensors.filter((p) => p.decay), ...tensors.filter((p) => !p.decay)].map((tensor) => this.layParameter(tensor, group));
    });
    for (const pool of ["gradients", "moment1", "moment2"] as const) this.pools[pool] = this.pools.parameters;
    return { parameters, groups };
  }

  /** All parameters under one norm, as V3 has it; modules that must not move the main model have a norm of their own. */
  private clippedTogether(): ParameterTensor[][] {
    const { model } = this.config;
    const all = this.built.program.parameters;
    if (!(model.mtp.detachTrunk && model.mtp.depth > 0)) return [all];
    return [all.filter(({ name }) => !inModule(name, model)), all.filter(({ name }) => inModule(name, model))];
  }

  private layParameter(tensor: ParameterTensor, group: ClipGroup): Parameter {
    const slice = this.lay(tensor);
    group.length = this.pools.parameters - group.offset;
    if (tensor.decay) group.decayLength = group.length;
    const gradient: Slice = { ...slice, pool: "gradients", name: `d ${tensor.name}` };
    const final = this.built.gradients.get(tensor.id);
    if (!final) throw new Error(`no gradient reaches ${tensor.name}`);
    this.gradientSlices.set(final.id, gradient);
    const { name, shape, init, decay, parts } = tensor;
    return { name, shape, slice, gradient, init, decay, parts };
  }

  /** Gives a tensor that outlives its list a place at the end of its pool. */
  private lay({ id, name, shape, dtype, home }: Pick<Tensor, "id" | "name" | "shape" | "dtype" | "home">): Slice {
    const slice: Slice = { pool: home, offset: this.pools[home], length: elements(shape), dtype, shape, name };
    this.pools[home] += aligned(slice.length);
    this.slices.set(id, slice);
    return slice;
  }

  private sliceOf(tensor: Tensor): Slice {
    const slice = this.slices.get(tensor.id);
    if (!slice) throw new Error(`${tensor.name} has no place`);
    return slice;
  }

  /** Places the activations of one list and turns its nodes into planned ops. */
  private schedule(list: Node[], training: boolean): PlannedOp[] {
    const { nodes, storageOf } = resolveInto(list, (base) => {
      const copy = this.built.program.tensor(`copy of ${base.name}`, base.shape, base.dtype);
      const length = elements(base.shape);
      return { kind: "copy", attrs: { length }, name: copy.name, inputs: [base], outputs: [copy], into: [null], differentiable: false };
    });
    // A chain of in-place additions that ends in a parameter's gradient lives in the gradient pool from its first link.
    const gradientOf = new Map<number, Slice>();
    for (const node of nodes) {
      for (const output of node.outputs) {
        const gradient = this.gradientSlices.get(output.id);
        if (gradient) gradientOf.set(storageOf(output).id, gradient);
      }
    }
    for (const node of nodes) for (const output of node.outputs) if (output.home !== "activations") this.lay(output);
    const inGradients = (tensor: Tensor) => gradientOf.has(storageOf(tensor).id);
    const { offsets, length } = placeActivations(
      nodes.map((node) => ({
        ...node,
        outputs: node.outputs.filter((o) => !inGradients(o)),
        inputs: node.inputs.filter((i) => !inGradients(i)),
      })),
      storageOf,
    );
    this.pools.activations = Math.max(this.pools.activations, length);

    const activationSlices = new Map<number, Slice>();
    const place = (tensor: Tensor): Slice => {
      const root = storageOf(tensor);
      const fixed = gradientOf.get(root.id) ?? this.slices.get(root.id);
      if (fixed) return fixed;
      let slice = activationSlices.get(root.id);
      if (!slice) {
        const offset = offsets.get(root.id);
        if (offset === undefined) throw new Error(`${tensor.name} is read but never placed`);
        slice = {
          pool: "activations",
          offset,
          length: elements(root.shape),
          dtype: root.dtype,
          shape: root.shape,
          name: `${root.name}#${root.id}`,
        };
        activationSlices.set(root.id, slice);
      }
      return slice;
    };
    return nodes.map((node) => {
      const outputs = node.outputs.map(place);
      const accumulate = outputs.map((slice, n): Accumulate => {
        if (node.into[n]) return "always";
        const persists = slice.pool === "gradients" || slice.pool === "metrics";
        return training && persists ? "later" : "never";
      });
      return plannedOp(node.kind, node.attrs, node.name, node.inputs.map(place), outputs, accumulate);
    });
  }

  /** Clip, AdamW over whole pools, bias updates: once per optimizer step. */
  private optimizerStep(groups: ClipGroup[]): { step: PlannedOp[]; gradNorm: Slice; clipScale: Slice } {
    const scalar = (name: string): Slice => this.lay({ ...this.built.program.tensor(name, [1]), home: "metrics" });
    const numbers = this.sliceOf(this.built.given.numbers);
    const clipped = groups.map(({ offset, length, decayLength }, n) => {
      const own = n === 0 ? "" : ", modules";
      const pool = (name: PoolName): Slice => ({ pool: name, offset, length, dtype: "f32", shape: [length], name: `all ${name}${own}` });
      const gradNorm = scalar(`gradNorm${own}`);
      const clipScale = scalar(`clipScale${own}`);
      const [p, g, m, v] = [pool("parameters"), pool("gradients"), pool("moment1"), pool("moment2")];
      const ops = [
        plannedOp("clipScale", { length }, `clip${own}`, [g, numbers], [gradNorm, clipScale], ["never", "never"]),
        plannedOp(
          "adamw",
          { length, decayLength },
          `adamw${own}`,
          [p, g, m, v, clipScale, numbers],
          [p, m, v],
          ["always", "always", "always"],
        ),
      ];
      return { gradNorm, clipScale, ops };
    });
    const [{ gradNorm, clipScale }] = clipped;
    const step: PlannedOp[] = clipped.flatMap(({ ops }) => ops);
    const rule = this.config.balance.bias?.rule ?? "sign";
    for (const { name, bias, load, main } of this.built.training.routers) {
      if (!bias || !load) continue;
      const b = this.sliceOf(bias);
      const loads = this.sliceOf(load);
      const experts = b.length;
      step.push(
        plannedOp(
          "biasUpdate",
          { experts, groups: loads.length / experts, rule },
          `${name}.bias`,
          [b, loads, (main ? clipped[0] : clipped[clipped.length - 1]).clipScale, numbers],
          [b],
          ["always"],
        ),
      );
    }
    return { step, gradNorm, clipScale };
  }
}

/** Parameters under one clipping norm: a stretch of the parameter pools, of which the first `decayLength` elements decay. */
interface ClipGroup {
  offset: number;
  length: number;
  decayLength: number;
}

function plannedOp<Kind extends OpKind>(
  kind: Kind,
  attrs: OpAttrs[Kind],
  name: string,
  inputs: Slice[],
  outputs: Slice[],
  accumulate: Accumulate[],
): PlannedOp {
  const bytes = 4 * [...inputs, ...outputs].reduce((sum, slice) => sum + slice.length, 0);
  return { kind, attrs, name, inputs, outputs, accumulate, flops: flopsOf(kind, attrs), bytes } as PlannedOp;
}

/** Bytes of all pools of one replica. */
export const planBytes = (plan: Plan): number => 4 * Object.values(plan.pools).reduce((sum, length) => sum + length, 0);
