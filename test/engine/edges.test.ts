/** The corners of a whole model, on every backend: routing at its extremes, memory full of NaN beforehand, a gradient that is not finite. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import "../../engine/backends/node/cpu-flags.ts";
import type { Backend, Executable } from "../../engine/backends/backend.ts";
import { createCpuBackend } from "../../engine/backends/cpu/backend.ts";
import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import { createWebGpuBackend } from "../../engine/backends/webgpu/backend.ts";
import type { RunConfig } from "../../engine/model/config.ts";
import { NumberSlot } from "../../engine/program/ops.ts";
import { planRun } from "../../engine/plan/plan.ts";
import type { Plan, PoolName, Slice } from "../../engine/plan/plan-types.ts";
import { tinyConfig } from "./configs.ts";
import { createRandom } from "./random.ts";
import { nodeGpu } from "./webgpu-node.ts";

const gamma = 1e-2;
const lossFree = { gamma, rule: "sign", form: "additive", group: "batch" } as const;
/** 35 tokens: a multiple of no tile */
const odd = { batchSize: 5, seqLen: 7 };
const tokens = odd.batchSize * odd.seqLen;

interface Edge {
  config: RunConfig;
  /** biases before the step */
  bias: number[];
  /** the router's weights: 0 makes every score 0.5 */
  router?: number;
  /** tokens that each expert gets, in every layer */
  load: number[];
  /** where the rule moves each bias, in gammas */
  moves: number[];
}

const edges: Record<string, Edge> = {
  "K = 1, and one expert has every token": {
    config: tinyConfig({
      model: { numExpertsPerTok: 1 },
      balance: { losses: [{ group: "sequence", alpha: 0.3 }], bias: lossFree },
      train: odd,
    }),
    bias: [0, 0, 0, 9, 0],
    load: [0, 0, 0, tokens, 0],
    moves: [1, 1, 1, -1, 1],
  },
  "K = E: every load is the mean, and sign(0) is 0": {
    config: tinyConfig({
      model: { nRoutedExperts: 4, numExpertsPerTok: 4 },
      balance: { losses: [{ group: "batch", alpha: 0.3 }], bias: lossFree },
      train: odd,
    }),
    bias: [0.5, -3, 0, 9],
    load: Array<number>(4).fill(tokens),
    moves: [0, 0, 0, 0],
  },
  "all scores tied, in groups of which half stay: the lowest ids win": {
    config: tinyConfig({
      model: { nRoutedExperts: 8, nGroup: 4, topkGroup: 2, numExpertsPerTok: 3 },
      balance: { bias: lossFree },
      train: odd,
    }),
    bias: Array<number>(8).fill(0),
    router: 0,
    load: [tokens, tokens, tokens, 0, 0, 0, 0, 0],
    moves: [-1, -1, -1, 1, 1, 1, 1, 1],
  },
};

const numbers = {
  lr: 1e-2,
  correction1: 0.1,
  correction2: 0.05,
  beta1: 0.9,
  beta2: 0.95,
  eps: 1e-8,
  weightDecay: 0.1,
  clipNorm: 1,
  gradScale: 1,
  gamma,
};

function begin(executable: Executable, plan: Plan, { bias, router }: Edge): void {
  const random = createRandom(1);
  for (const { slice, init, name } of plan.parameters) {
    const drawn = init === "ones" ? Array<number>(slice.length).fill(1) : random.normal(slice.length, 0.2);
    executable.write(slice, router !== undefined && name.endsWith("mlp.gate.weight") ? Array<number>(slice.length).fill(router) : drawn);
  }
  for (const pool of ["moment1", "moment2"] as const) executable.write(whole(plan, pool), new Float32Array(plan.pools[pool]));
  for (const { slice } of plan.biases) executable.write(slice, bias);
  const ids = random.ints(tokens, 256);
  executable.write(plan.inputs.tokens, ids);
  executable.write(plan.inputs.targets, random.ints(tokens, 256));
  executable.write(
    plan.inputs.order,
    [...ids.keys()].sort((a, b) => ids[a] - ids[b] || a - b),
  );
  executable.write(
    plan.inputs.starts,
    Array.from({ length: plan.inputs.starts.length }, (_, id) => ids.filter((other) => other < id).length),
  );
  writeNumbers(executable, plan);
}

function writeNumbers(executable: Executable, plan: Plan, changes: Partial<typeof numbers> = {}): void {
  // what is left are the weights of the balance losses
  const table = new Float32Array(plan.inputs.numbers.length).fill(0.3);
  for (const [name, value] of Object.entries({ ...numbers, ...changes })) table[NumberSlot[name as keyof typeof numbers]] = value;
  executable.write(plan.inputs.numbers, table);
}

const whole = (plan: Plan, pool: PoolName): Slice => ({
  pool,
  offset: 0,
  length: plan.pools[pool],
  dtype: "f32",
  shape: [plan.pools[pool]],
  name: `all ${pool}`,
});
const gradients = (plan: Plan) => plan.parameters.map(({ gradient }) => gradient);
const learned = (plan: Plan) => [
  ...plan.parameters.map(({ slice }) => slice),
  ...plan.biases.map(({ slice }) => slice),
  whole(plan, "moment1"),
  whole(plan, "moment2"),
];
/** One hash per array: equal bits, told apart by which array differs. */
const bitsOf = (arrays: Awaited<ReturnType<Executable["read"]>>) =>
  arrays.map(({ buffer, byteOffset, byteLength }) =>
    createHash("sha256")
      .update(Buffer.from(buffer, byteOffset, byteLength))
      .digest("hex")
      .slice(0, 16),
  );

/** ‖a − b‖ ÷ ‖b‖; absolute where b is nothing. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [squares, norm] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    squares += (a[i] - b[i]) ** 2;
    norm += b[i] ** 2;
  }
  return Math.sqrt(squares) / (norm === 0 ? 1 : Math.sqrt(norm));
}

/** A gradient of this model is some hundred roundings of 2⁻²⁴ away from float64's, about 1e-6 of its norm; what reads a wrong row or misses one is off by far more than a hundred times that. */
const gradientTolerance = 1e-4;

const { gpu, reason } = await nodeGpu();
if (!gpu && process.env.CI) throw new Error(`WebGPU is not tested: ${reason}`);
if (!gpu) console.log(`WebGPU is not tested: ${reason}`);
const backends: Record<string, () => Promise<Backend>> = {
  reference: async () => createReferenceBackend(),
  "cpu with fma": () => createCpuBackend(),
  "cpu without fma": () => createCpuBackend({ relaxed: false }),
  ...(gpu ? { webgpu: () => createWebGpuBackend(gpu, { limits: "default" }) } : {}),
};

describe.each(Object.entries(backends))("on %s", (_name, open) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.dispose());

  describe.each(Object.entries(edges))("%s", (_edge, edge) => {
    const plan = planRun(edge.config);
    let executable: Executable;
    beforeAll(async () => {
      executable = await backend.compile(plan);
      begin(executable, plan, edge);
      executable.run("microstep", true);
    }, 120_000);
    afterAll(() => executable.dispose());

    test("loads, loss and gradients are the float64 reference's, and an expert without tokens has a gradient of exactly zero", async () => {
      for (const load of await executable.read(plan.metrics.load)) expect([...load]).toEqual(edge.load);
      const exact = await createReferenceBackend().compile(plan);
      begin(exact, plan, edge);
      exact.run("microstep", true);
      const [[loss], [exactLoss]] = [await executable.read([plan.metrics.trainLoss]), await exact.read([plan.metrics.trainLoss])];
      expect(Math.abs(loss[0] - exactLoss[0])).toBeLessThan(1e-5 * exactLoss[0]);
      const [got, wanted] = [await executable.read(gradients(plan)), await exact.read(gradients(plan))];
      plan.parameters.forEach(({ name, shape }, n) => {
        expect(distance(got[n], wanted[n]), name).toBeLessThan(gradientTolerance);
        if (!name.includes("mlp.experts.")) return;
        const size = shape[1] * shape[2];
        edge.load.forEach((load, expert) => {
          const own = [...got[n].subarray(expert * size, (expert + 1) * size)];
          expect(
            own.every((value) => value === 0),
            `${name} of expert ${expert}`,
          ).toBe(load === 0);
        });
      });
    });

    test("nothing is read that the step has not written: memory full of NaN gives the same bits", async () => {
      const before = bitsOf(await executable.read([plan.metrics.trainLoss, ...gradients(plan)]));
      const poisoned = await backend.compile(plan);
      for (const pool of ["activations", "gradients", "metrics"] as const)
        poisoned.write(whole(plan, pool), new Float32Array(plan.pools[pool]).fill(NaN));
      begin(poisoned, plan, edge);
      poisoned.run("microstep", true);
      expect(bitsOf(await poisoned.read([plan.metrics.trainLoss, ...gradients(plan)]))).toEqual(before);
      poisoned.dispose();
    });

    test("a gradient that is not finite changes no weight, moment or bias, and the next step is as if it had not been", async () => {
      const untouched = bitsOf(await executable.read(learned(plan)));
      writeNumbers(executable, plan, { gradScale: NaN });
      executable.run("step");
      expect((await executable.read([plan.metrics.clipScale]))[0][0]).toBe(0);
      expect(bitsOf(await executable.read(learned(plan)))).toEqual(untouched);
      // one weight that is not finite poisons every gradient
      const { slice } = plan.parameters[1];
      const [weights] = await executable.read([slice]);
      executable.write(slice, Array<number>(slice.length).fill(Infinity));
      writeNumbers(executable, plan);
      executable.run("microstep", true);
      executable.run("step");
      expect((await executable.read([plan.metrics.clipScale]))[0][0]).toBe(0);
      executable.write(slice, weights);
      expect(bitsOf(await executable.read(learned(plan)))).toEqual(untouched);

      const clean = await backend.compile(plan);
      begin(clean, plan, edge);
      for (const one of [clean, executable]) {
        one.run("microstep", true);
        one.run("step");
      }
      const after = bitsOf(await executable.read(learned(plan)));
      expect(after).toEqual(bitsOf(await clean.read(learned(plan))));
      expect(after).not.toEqual(untouched);
      clean.dispose();
    });

    test("a step moves every bias by gamma towards the mean load, once", async () => {
      const moved = await backend.compile(plan);
      begin(moved, plan, edge);
      moved.run("microstep", true);
      moved.run("step");
      for (const bias of await moved.read(plan.biases.map(({ slice }) => slice))) {
        bias.forEach((value, expert) => {
          const wanted = edge.bias[expert] + gamma * edge.moves[expert];
          if (edge.moves[expert] === 0) expect(value).toBe(edge.bias[expert]);
          else expect(value).toBeCloseTo(wanted, 5);
        });
      }
      moved.dispose();
    });
  });
});
