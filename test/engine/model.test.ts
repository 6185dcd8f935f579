import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import { NumberSlot } from "../../engine/program/ops.ts";
import { inModule } from "../../engine/model/mtp.ts";
import { planRun } from "../../engine/plan/plan.ts";
import type { Plan, Slice } from "../../engine/plan/plan-types.ts";
import { verifyPlan } from "../../engine/plan/verify.ts";
import { stream } from "../../engine/random.ts";
import { bucketByToken } from "../../engine/data/batches.ts";
import { numbersOfStep } from "../../engine/train/schedule.ts";
import { tinyConfig, variedConfigs } from "./configs.ts";

describe("a plan", () => {
  for (const [name, config] of Object.entries(variedConfigs)) {
    test(`is sound for ${name}`, () => expect(verifyPlan(planRun(config))).toEqual([]));
  }

  test("is refused by the verifier when two live tensors share memory", () => {
    const plan = planRun(tinyConfig());
    const written = (name: string) => plan.lists.microstep.find((op) => op.name === name)?.outputs[0] as Slice;
    // The embedded tokens are read again at the very end of the backward pass.
    written("model.embedding").offset = written("model.layers.0.mlp.experts.gate_up").offset;
    expect(verifyPlan(plan).join()).toMatch(/overwrote/);
  });

  test("is refused by the verifier when an op reads what nothing wrote, a size is wrong or a slice leaves its pool", () => {
    const missing = planRun(tinyConfig());
    missing.lists.microstep.splice(4, 1);
    expect(verifyPlan(missing).join()).toMatch(/nothing wrote|overwrote/);
    const short = planRun(tinyConfig());
    short.lists.microstep[0].outputs[0].length--;
    expect(verifyPlan(short).join()).toMatch(/elements, not/);
    const outside = planRun(tinyConfig());
    outside.pools.activations -= 64;
    expect(verifyPlan(outside).join()).toMatch(/leaves pool/);
  });

  test("gives later microsteps the add form of every gradient and load, and overwrites in the first", () => {
    const { lists } = planRun(tinyConfig());
    const forms = lists.microstep.flatMap((op) => op.outputs.map((slice, n) => [slice.pool, op.accumulate[n]]));
    for (const [pool, form] of forms) if (pool === "gradients" || pool === "metrics") expect(form).not.toBe("never");
  });
});

/** Total loss as training minimises it, from the metrics of a microstep in float64. */
async function lossOf(
  plan: Plan,
  executable: Awaited<ReturnType<ReturnType<typeof createReferenceBackend>["compile"]>>,
  mtpWeight: number,
): Promise<number> {
  executable.run("microstep", true);
  const { trainLoss, mtpLoss, routerLoss } = plan.metrics;
  const values = await executable.read([trainLoss, ...mtpLoss, ...routerLoss.map(({ slice }) => slice)]);
  return values.reduce((sum, [value], n) => sum + value * (n > 0 && n <= mtpLoss.length ? mtpWeight : 1), 0);
}

describe("the analytic gradient of the whole model equals central differences", () => {
  for (const [name, config] of Object.entries(variedConfigs)) {
    test(name, async () => {
      const plan = planRun(config);
      const executable = await createReferenceBackend().compile(plan);
      const random = stream(7, name);
      const tokens = Int32Array.from({ length: plan.inputs.tokens.length }, () => random.below(9));
      executable.write(plan.inputs.tokens, tokens);
      executable.write(
        plan.inputs.targets,
        Int32Array.from(tokens, () => random.below(9)),
      );
      const { order, starts } = bucketByToken(tokens, config.model.vocabSize);
      executable.write(plan.inputs.order, order);
      executable.write(plan.inputs.starts, starts);
      const numbers = numbersOfStep(config, 1);
      executable.write(plan.inputs.numbers, numbers);
      const weights = plan.parameters.map(({ slice, init }) =>
        Float64Array.from({ length: slice.length }, () => (init === "ones" ? 1 : 0) + 0.3 * random.normal()),
      );
      plan.parameters.forEach(({ slice }, n) => executable.write(slice, weights[n]));
      for (const { slice } of plan.biases)
        executable.write(
          slice,
          Float64Array.from({ length: slice.length }, () => 1 + 0.2 * random.normal()),
        );

      await lossOf(plan, executable, numbers[NumberSlot.mtpWeight]);
      const gradients = await executable.read(plan.parameters.map(({ gradient }): Slice => gradient));
      for (const [n, parameter] of plan.parameters.entries()) {
        // Enough places of every tensor to catch a wrong index, a wrong factor or a missing term.
        for (let probe = 0; probe < 4; probe++) {
          // Only the first rows of the embedding are used by these tokens.
          const at = random.below(parameter.name.includes("embed_tokens") ? 9 * config.model.hiddenSize : parameter.slice.length);
          const h = 1e-5;
          // detached modules send nothing back: to the main model the loss is its own
          const mtpWeight = config.model.mtp.detachTrunk && !inModule(parameter.name, config.model) ? 0 : numbers[NumberSlot.mtpWeight];
          const at0 = weights[n][at];
          const shifted = async (value: number) => {
            weights[n][at] = value;
            executable.write(parameter.slice, weights[n]);
            return lossOf(plan, executable, mtpWeight);
          };
          const numeric = ((await shifted(at0 + h)) - (await shifted(at0 - h))) / (2 * h);
          await shifted(at0);
          // Central differences: truncation ~h² f''' (1e-10), rounding ~1e-16·loss/h (1e-11), with room for curvature.
          expect(Math.abs(gradients[n][at] - numeric), `${parameter.name}[${at}]: ${gradients[n][at]} against ${numeric}`).toBeLessThan(
            2e-8 + 1e-6 * Math.abs(numeric),
          );
        }
      }
    });
  }
});
