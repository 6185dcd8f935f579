import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import { type AccumulatingOps, referenceOps } from "../../engine/backends/reference/ops.ts";
import type { OpAttrs, OpKind } from "../../engine/program/ops.ts";
import { accumulates, opRecords } from "../../engine/program/op-records.ts";
import { agreeSuite } from "./agree-suite.ts";
import { opCases } from "./cases/index.ts";
import type { OpCase } from "./cases/op-case.ts";
import { expectGradient } from "./finite-differences.ts";
import { type GradientRule, applying, gradientRules } from "./gradient-rules.ts";
import { createRandom } from "./random.ts";

const seed = Number(process.env.SWITCHYARD_SEED ?? 1);

describe("the table of op cases", () => {
  test("has every op, and the add form of every op that has one", () => {
    const kinds = Object.keys(opRecords) as OpKind[];
    expect(kinds.filter((kind) => !opCases.some((opCase) => opCase.kind === kind))).toEqual([]);
    const adding = opCases.filter(({ accumulate, inPlace }) => accumulate[0] && inPlace.length === 0).map(({ kind }) => kind);
    expect(kinds.filter((kind) => accumulates(kind) && !adding.includes(kind))).toEqual([]);
  });

  test("names each case once", () => {
    const labels = opCases.map(({ label }) => label);
    expect(labels.filter((label, i) => labels.indexOf(label) !== i)).toEqual([]);
  });
});

agreeSuite("the reference backend itself", createReferenceBackend, { replicas: 3 });

/** Rows whose op has a gradient rule that covers them. */
const differentiable = opCases.filter(({ kind, attrs, accumulate }) => {
  const rule = gradientRules[kind] as GradientRule<OpKind> | undefined;
  return rule && !accumulate[0] && (rule.when?.(attrs) ?? true);
});

/** Holds the gradients of one case, computed with `ops`, against central differences of its forward op. */
function checkGradients(opCase: OpCase, ops: AccumulatingOps): void {
  const { kind, attrs, label } = opCase;
  const rule = gradientRules[kind] as GradientRule<OpKind>;
  const forward = applying(referenceOps);
  const inputs = opCase.sample(seed).map((data) => Float64Array.from(data));
  const outputs = forward(kind, attrs, inputs);
  const random = createRandom(seed + 1);
  const upstream = outputs.map(({ length }, i) => {
    if (!rule.through.includes(i)) return new Float64Array(length);
    return rule.upstream ? new Float64Array(length).fill(rule.upstream) : Float64Array.from(random.normal(length));
  });
  const loss = () => {
    let [value, size] = [0, 0];
    forward(kind, attrs, inputs).forEach((output, i) => {
      for (let j = 0; j < output.length; j++) {
        value += upstream[i][j] * output[j];
        size += Math.abs(upstream[i][j] * output[j]);
      }
    });
    return { value, size };
  };
  for (const [name, [input, gradient]] of Object.entries(rule.gradient(applying(ops), attrs, inputs, outputs, upstream))) {
    expectGradient(`${label} seed ${seed}: ${name}`, loss, inputs[input], gradient, seed + 2);
  }
}

describe("every gradient op is the derivative of its forward op in float64", () => {
  for (const opCase of differentiable) test(opCase.label, () => checkGradients(opCase, referenceOps));
});

describe("the check notices a gradient that is 1 % too large", () => {
  const gradientOps = [...new Set(Object.values(gradientRules).flatMap(({ uses }) => uses))];
  for (const kind of gradientOps) {
    const affected = differentiable.filter((opCase) => gradientRules[opCase.kind]!.uses.includes(kind));
    const outputs = opRecords[kind].signature(opCases.find((opCase) => opCase.kind === kind)!.attrs as never).outputs.length;
    // the last output of attentionGrad is scratch
    for (let output = 0; output < (kind === "attentionGrad" ? 3 : outputs); output++) {
      test(`${kind}, output ${output}`, () => {
        const broken = { ...referenceOps, [kind]: enlarged(kind, output) } as AccumulatingOps;
        expect(affected.some((opCase) => throws(() => checkGradients(opCase, broken)))).toBe(true);
      });
    }
  }
});

function enlarged<Kind extends OpKind>(kind: Kind, output: number): AccumulatingOps[Kind] {
  return ((attrs: OpAttrs[Kind], inputs: Float64Array[], outputs: Float64Array[], accumulate: boolean[]) => {
    referenceOps[kind](attrs, inputs, outputs, accumulate);
    for (let i = 0; i < outputs[output].length; i++) outputs[output][i] *= 1.01;
  }) as AccumulatingOps[Kind];
}

function throws(run: () => void): boolean {
  try {
    run();
    return false;
  } catch {
    return true;
  }
}
