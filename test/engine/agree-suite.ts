import { greatest, rollups } from "d3";
import fc from "fast-check";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { Backend } from "../../engine/backends/backend.ts";
import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import { compareOutputs, expectAgree } from "./agree.ts";
import type { OpAttrs, OpKind } from "../../engine/program/ops.ts";
import { elements } from "../../engine/program/op-record.ts";
import { casesAt, opCases } from "./cases/index.ts";
import type { OpCase } from "./cases/op-case.ts";
import { randomShapes } from "./cases/random-shapes.ts";
import { runCase, runReplicas, runTwoMicrosteps } from "./harness.ts";

export interface AgreeOptions {
  /** which rows to run; left out: all */
  only?: (opCase: OpCase) => boolean;
  /** how many replicas the backend can run at once; above 1 every op's replicas are held against runs alone */
  replicas?: number;
  /** how many random shapes to try per op (default 12) */
  shapes?: number;
}

/**
 * Holds a backend against the float64 reference on the table of op cases. Run one op with `vitest -t "matmul "`,
 * another draw of every input with `SWITCHYARD_SEED=7`.
 */
export function agreeSuite(
  name: string,
  createBackend: () => Backend | Promise<Backend>,
  { only = () => true, replicas = 1, shapes = 12 }: AgreeOptions = {},
): void {
  const seed = Number(process.env.SWITCHYARD_SEED ?? 1);
  const cases = opCases.filter(only);
  const largestOfKind = rollups(
    cases,
    (rows) => greatest(rows, sizeOf)!,
    ({ kind }) => kind,
  ).map(([, opCase]) => opCase);
  const reference = createReferenceBackend();

  describe(`${name} agrees with the float64 reference, seed ${seed}`, () => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await createBackend();
    });
    afterAll(() => backend?.dispose());

    describe("on every op case, writing each element and nothing beside", () => {
      each(cases, async (opCase) => {
        await expectAgree(backend, reference, opCase, seed);
      });
    });

    describe.runIf(shapes > 0)("on random shapes", () => {
      for (const [kind, arbitrary] of Object.entries(randomShapes) as [OpKind, fc.Arbitrary<OpAttrs[OpKind]>][]) {
        const tried = fc.asyncProperty(arbitrary, fc.nat(1000), async (attrs, draw) => {
          for (const opCase of casesAt(kind, attrs).filter(only)) await expectAgree(backend, reference, opCase, draw);
        });
        test(kind, () => fc.assert(tried, { numRuns: shapes, seed }));
      }
    });

    describe("over two microsteps, overwriting on the first and adding on the second", () => {
      each(cases.filter(addsFor(cases)), async (opCase) => {
        compareOutputs(await runTwoMicrosteps(backend, opCase, seed), await runTwoMicrosteps(reference, opCase, seed), opCase, seed);
      });
    });

    describe("with equal bits when run twice", () => {
      each(largestOfKind, async (opCase) => {
        expectEqualBits(await runCase(backend, opCase, seed), await runCase(backend, opCase, seed), opCase.label);
      });
    });

    describe.runIf(replicas > 1)(`with equal bits for each of ${replicas} replicas as alone`, () => {
      each(largestOfKind, async (opCase) => {
        const seeds = Array.from({ length: replicas }, (_, replica) => seed + replica);
        const together = await runReplicas(backend, opCase, seeds);
        for (const [replica, alone] of seeds.entries())
          expectEqualBits(together[replica], await runCase(backend, opCase, alone), `${opCase.label} replica ${replica}`);
      });
    });
  });
}

/** The first adding row of each op whose output may accumulate. */
function addsFor(cases: OpCase[]): (opCase: OpCase) => boolean {
  const adding = cases.filter(({ accumulate, inPlace }) => inPlace.length === 0 && accumulate[0]);
  return (opCase) => adding.find(({ kind }) => kind === opCase.kind) === opCase;
}

function sizeOf({ inputs, outputs }: OpCase): number {
  return [...inputs, ...outputs].reduce((sum, { shape }) => sum + elements(shape), 0);
}

/** `test.each` shortens long names; a case's name is what one filters by. */
function each(cases: OpCase[], run: (opCase: OpCase) => Promise<void>): void {
  for (const opCase of cases) test(opCase.label, () => run(opCase));
}

function expectEqualBits(a: Float64Array[], b: Float64Array[], label: string): void {
  b.forEach((wanted, output) => {
    const at = wanted.findIndex((value, i) => !Object.is(a[output][i], value));
    if (at >= 0) throw new Error(`${label}: output ${output} has ${a[output][at]} and ${wanted[at]} at element ${at}`);
  });
}
