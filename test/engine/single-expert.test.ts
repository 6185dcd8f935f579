/** With one expert per token a normalised gate is 1 whatever the router says, and the router would never learn. */
import { describe, expect, test } from "vitest";
import { bucketByToken } from "../../engine/data/batches.ts";
import { planRun } from "../../engine/plan/plan.ts";
import { stream } from "../../engine/random.ts";
import { numbersOfStep } from "../../engine/train/schedule.ts";
import { initialiseWeights } from "../../engine/train/weights.ts";
import { openers } from "../parity/backends.ts";
import { tinyConfig } from "./configs.ts";

for (const [name, open] of Object.entries(await openers())) {
  describe(`one expert per token on ${name}`, () => {
    test.each([true, false])("the router gets a gradient where normTopkProb is %s, and the same one", async (normTopkProb) => {
      const backend = await open();
      const gradients = async (normalise: boolean) => {
        const config = tinyConfig({ model: { numExpertsPerTok: 1, normTopkProb: normalise } });
        const plan = planRun(config);
        const executable = await backend.compile(plan);
        const random = stream(3, "tokens");
        const tokens = Int32Array.from({ length: plan.inputs.tokens.length }, () => random.below(9));
        const { order, starts } = bucketByToken(tokens, config.model.vocabSize);
        for (const [input, values] of [
          ["tokens", tokens],
          ["targets", tokens],
          ["order", order],
          ["starts", starts],
          ["numbers", numbersOfStep(config, 1)],
        ] as const)
          executable.write(plan.inputs[input], values);
        initialiseWeights(executable, plan, 1, 0.3);
        executable.run("microstep", true);
        const routers = plan.parameters.filter((parameter) => parameter.name.endsWith("gate.weight"));
        const values = await executable.read(routers.map(({ gradient }) => gradient));
        executable.dispose();
        return values.map((own) => Array.from(own));
      };
      const own = await gradients(normTopkProb);
      expect(own).toHaveLength(2);
      for (const gradient of own) expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(1e-4);
      expect(own).toEqual(await gradients(!normTopkProb));
      backend.dispose();
    });
  });
}
