import { describe, expect, test } from "vitest";
import { defaultConfig } from "../../experiments/runs/spec/defaults.ts";
import { type SpecError, resolveExperiments } from "../../experiments/runs/spec/spec.ts";
import { options, problemsOf, request, resolve } from "./requests.ts";

const only = (spec: unknown) => {
  const problems = problemsOf(spec);
  expect(problems).toHaveLength(1);
  return problems[0];
};

describe("a bare experiment", () => {
  test("is the default study: one arm, three seeds, nothing balanced, no holes", () => {
    const { arms, seeds, baseline, primary, domains, id } = resolve({});
    expect(arms).toHaveLength(1);
    expect(seeds).toEqual([1, 2, 3]);
    expect(baseline).toBe(arms[0].name);
    expect(primary).toEqual(["valLoss"]);
    expect(domains).toEqual(["prose", "code", "math"]);
    expect(id).toBe("balancing");
    const { evalEvery, ...train } = arms[0].config.train;
    expect(evalEvery).toBe(50);
    expect({ ...arms[0].config, train }).toEqual(defaultConfig);
  });

  test("may be an undefined spec", () => {
    expect(resolve(undefined).arms[0].config).toEqual(resolve({}).arms[0].config);
  });
});

describe("unknown keys are refused with what was probably meant", () => {
  test.each([
    [{ train: { stepz: 4 } }, "train.stepz", "steps"],
    [{ modle: {} }, "modle", "model"],
    [{ model: { attention: { kvLoraRnk: 4 } } }, "model.attention.kvLoraRnk", "kvLoraRank"],
    [{ model: { attention: { kind: "gqa", numKeyValueHead: 4 } } }, "model.attention.numKeyValueHead", "numKeyValueHeads"],
    [{ balance: { losses: [{ group: "batch", alpha: 1, apha: 2 }] } }, "balance.losses[0].apha", "alpha"],
    [{ arms: { "a b": { train: { optimizer: { learningrate: 1 } } } } }, 'arms["a b"].train.optimizer.learningrate', undefined],
    [{ arms: { x: { model: { nRoutedExpert: 3 } } } }, 'arms["x"].model.nRoutedExpert', "nRoutedExperts"],
    [{ arms: { x: { seeds: 3 } } }, 'arms["x"].seeds', undefined],
  ])("%j", (spec, path, suggestion) => {
    const problem = only(spec);
    expect(problem.path).toBe(path);
    expect(problem.message).toBe("unknown key");
    expect(problem.suggestion).toBe(suggestion);
  });

  test("also when the key is one that every object inherits", () => {
    expect(only(JSON.parse('{"model": {"__proto__": {"hiddenSize": 8}}}')).path).toBe("model.__proto__");
    expect(only({ train: { constructor: 1 } }).path).toBe("train.constructor");
  });
});

describe("values of the wrong kind are refused with the path and what is needed", () => {
  test.each([
    [{ balance: { losses: [{ group: "batch", alpha: NaN }] } }, "balance.losses[0].alpha", /^NaN: needs a finite number/],
    [{ balance: { losses: [{ group: "batch", alpha: "NaN" }] } }, "balance.losses[0].alpha", /^NaN: needs a finite number/],
    [{ balance: { losses: [{ group: "layer", alpha: 1 }] } }, "balance.losses[0].group", /"layer": needs "sequence", "batch" or a number/],
    [{ balance: { bias: { gamma: -1 } } }, "balance.bias.gamma", /^-1: needs/],
    [{ model: { hiddenSize: 0 } }, "model.hiddenSize", /^0: needs a whole number of at least 1/],
    [{ model: { hiddenSize: "64" } }, "model.hiddenSize", /^"64": needs a whole number/],
    [{ model: { numHiddenLayers: 1.5 } }, "model.numHiddenLayers", /1.5/],
    [{ model: 3 }, "model", /^3: needs an object/],
    [{ model: { attention: { kind: "linear" } } }, "model.attention.kind", /"linear": needs "mla" or "gqa"/],
    [{ model: { scoringFunc: "softmax" } }, "model.scoringFunc", /needs "sigmoid"/],
    [{ precision: { gemm: { forward: {} } } }, "precision.gemm", /must be null in this version/],
    [{ precision: { moments: "bf16" } }, "precision.moments", /needs "f32"/],
    [{ train: { optimizer: { lr: [{ until: 0.5, value: 1 }] } } }, "train.optimizer.lr", /last piece must have until: 1/],
    [
      {
        train: {
          optimizer: {
            lr: [
              { until: 0.5, value: 1 },
              { until: 0.5, value: 1 },
              { until: 1, value: 1 },
            ],
          },
        },
      },
      "train.optimizer.lr",
      /must increase/,
    ],
    [{ train: { schedule: { warmup: 2 } } }, "train.schedule.warmup", /from 0 to 1/],
    [{ data: { mixture: { prose: -1 } } }, "data.mixture.prose", /^-1/],
    [{ seeds: 0 }, "seeds", /^0: needs a number of seeds \(at least 1\)/],
    [{ seeds: [] }, "seeds", /at least one seed/],
    [{ seeds: [1, 1] }, "seeds", /twice/],
    [{ seeds: 2.5 }, "seeds", /2.5/],
    [{ id: "a b" }, "id", /letters, digits/],
    [{ primary: [] }, "primary", /at least one metric/],
    [{ arms: {} }, "arms", /at least one arm/],
    ["train", "", /"train": needs an object/],
  ])("%j", (spec, path, message) => {
    const problem = only(spec);
    expect(problem.path).toBe(path);
    expect(problem.message).toMatch(message);
  });
});

describe("parts that do not fit together are refused, at the path where it was written", () => {
  test.each([
    [{ arms: { x: { model: { numExpertsPerTok: 20 } } } }, 'arms["x"].model.numExpertsPerTok', "20 is more than nRoutedExperts 16"],
    [{ model: { numExpertsPerTok: 20 } }, "model.numExpertsPerTok", "20 is more than nRoutedExperts 16"],
    [{ model: { nGroup: 3 } }, "model.nGroup", "3 does not divide nRoutedExperts 16"],
    [{ model: { nGroup: 16 } }, "model.nGroup", "16 groups of 1 expert: a group is ranked by its two best experts, so it needs at least 2"],
    [{ model: { nGroup: 4, topkGroup: 5 } }, "model.topkGroup", "5 is more than nGroup 4"],
    [
      { model: { nGroup: 4, topkGroup: 1, numExpertsPerTok: 5 } },
      "model.numExpertsPerTok",
      "5 is more than the 4 experts in topkGroup 1 of nGroup 4 groups",
    ],
    [{ model: { firstKDenseReplace: 3 } }, "model.firstKDenseReplace", "3 is more than numHiddenLayers 2"],
    [
      { model: { firstKDenseReplace: 2 }, balance: { bias: {} } },
      "balance",
      "there is nothing to balance: all 2 layers are dense (model.firstKDenseReplace)",
    ],
    [
      { model: { attention: { kind: "mla", qkRopeHeadDim: 7 } } },
      "model.attention.qkRopeHeadDim",
      "7 is odd: rotary embedding turns pairs of columns",
    ],
    [
      { model: { attention: { kind: "gqa", numKeyValueHeads: 3 } } },
      "model.attention.numKeyValueHeads",
      "3 does not divide numAttentionHeads 4",
    ],
    [{ model: { attention: { kind: "gqa", headDim: 8, ropeDim: 16 } } }, "model.attention.ropeDim", "16 is more than headDim 8"],
    [
      { model: { mtp: { depth: 8 } }, train: { seqLen: 8 } },
      "model.mtp.depth",
      "8 leaves no position to predict in sequences of train.seqLen 8",
    ],
    [{ model: { vocabSize: 1000 } }, "model.vocabSize", "1000: the corpora are bytes, so it must be 256"],
    [{ train: { microBatch: 5 } }, "train.microBatch", "5 does not divide train.batchSize 16"],
    [
      { train: { microBatch: 4 }, balance: { losses: [{ group: "batch", alpha: 1e-2 }] } },
      "balance.losses[0].group",
      '"batch" needs train.microBatch null: a microstep of 4 sequences cannot see the whole batch',
    ],
    [{ balance: { losses: [{ group: 3, alpha: 1e-2 }] } }, "balance.losses[0].group", "3 does not divide the 16 sequences of a batch"],
    [
      { train: { microBatch: 8 }, balance: { losses: [{ group: 16, alpha: 1e-2 }] } },
      "balance.losses[0].group",
      "16 does not divide the 8 sequences of a microstep",
    ],
    [{ balance: { bias: { group: 5 } } }, "balance.bias.group", "5 does not divide train.batchSize 16"],
    [{ data: { mixture: { prose: 0 } } }, "data.mixture", "no domain has a weight above 0, so there is nothing to train on in 400 steps"],
    [{ train: { steps: 4, tokens: 4096 } }, "train", "says both tokens and steps; say one"],
    [{ arms: { x: { train: { steps: 4, tokens: 4096 } } } }, 'arms["x"].train', "says both tokens and steps; say one"],
  ])("%j", (spec, path, message) => {
    expect(only(spec)).toEqual({ path, message });
  });

  test("an unknown domain names the ones there are", () => {
    expect(only({ data: { mixture: { prose: 1, maths: 1 } } })).toEqual({
      path: "data.mixture.maths",
      message: 'there is no domain "maths"; there are prose, code, math',
      suggestion: '"math"',
    });
    expect(only({ arms: { x: { data: { mixture: { latin: 1 } } } } }).path).toBe('arms["x"].data.mixture.latin');
  });

  test("an unknown baseline and an unknown primary metric", () => {
    expect(only({ arms: { none: {}, bias: {} }, baseline: "nane" })).toEqual({
      path: "baseline",
      message: 'there is no arm "nane"',
      suggestion: '"none"',
    });
    expect(only({ primary: ["valLoss", "valLos"] })).toEqual({
      path: "primary[1]",
      message: 'there is no metric "valLos"',
      suggestion: '"valLoss"',
    });
    expect(resolve({ primary: ["valBpb.prose"] }).primary).toEqual(["valBpb.prose"]);
  });

  test("what is wrong in the base and in every arm is told once; an arm may mend its base", () => {
    expect(problemsOf({ model: { numExpertsPerTok: 20 }, arms: { a: {}, b: {} } })).toHaveLength(1);
    const mended = resolve({ model: { numExpertsPerTok: 20 }, arms: { a: { model: { nRoutedExperts: 32 } } } });
    expect(mended.arms[0].config.model.numExpertsPerTok).toBe(20);
  });
});

test("all problems are reported at once, those of form and those of meaning", () => {
  const spec = {
    model: { hiddenSize: -1, nope: 1 },
    train: { steps: 0, microBatch: 3 },
    seeds: 0,
    baseline: "y",
    primary: ["loss"],
    balance: { losses: [{ group: "sequence", alpha: 1, x: 1 }] },
    arms: { x: { train: { lr: 1 }, model: { numExpertsPerTok: 20 }, data: { mixture: { latin: 1 } } } },
  };
  const paths = problemsOf(spec, { sets: [{ target: "train.stepz", value: 1 }] }).map((p) => p.path);
  expect(paths.sort()).toEqual([
    "--set train.stepz",
    'arms["x"].data.mixture.latin',
    'arms["x"].model.numExpertsPerTok',
    'arms["x"].train.lr',
    "balance.losses[0].x",
    "baseline",
    "model.hiddenSize",
    "model.nope",
    "primary[0]",
    "seeds",
    "train.microBatch",
    "train.steps",
  ]);
});

describe("order of merging: defaults < base < --set < arm < --set-arm", () => {
  const lr = (spec: unknown, more = {}) => resolve(spec, more).arms.map((arm) => arm.config.train.optimizer.lr);
  const base = { train: { optimizer: { lr: 2 } }, arms: { a: {}, b: { train: { optimizer: { lr: 4 } } } } };

  test("each later one wins where both speak", () => {
    expect(lr({ arms: { a: {}, b: { train: { optimizer: { lr: 4 } } } } })).toEqual([3e-3, 4]);
    expect(lr(base)).toEqual([2, 4]);
    expect(lr(base, { sets: [{ target: "train.optimizer.lr", value: 3 }] })).toEqual([3, 4]);
    expect(
      lr(base, { sets: [{ target: "train.optimizer.lr", value: 3 }], armSets: [{ target: "b.train.optimizer.lr", value: 5 }] }),
    ).toEqual([3, 5]);
  });

  test("a later --set wins over an earlier one", () => {
    const sets = [
      { target: "train.steps", value: 10 },
      { target: "train.steps", value: 20 },
    ];
    expect(resolve({}, { sets }).arms[0].config.train.steps).toBe(20);
  });

  test("objects merge key by key", () => {
    const { model, train } = resolve({
      model: { hiddenSize: 32 },
      train: { batchSize: 8 },
      arms: { a: { model: { numHiddenLayers: 3 }, train: { optimizer: { beta2: 0.99 } } } },
    }).arms[0].config;
    expect([model.hiddenSize, model.numHiddenLayers, train.batchSize, train.optimizer.beta2, train.optimizer.lr]).toEqual([
      32, 3, 8, 0.99, 3e-3,
    ]);
  });

  test("balance, model.attention and data.mixture are replaced whole", () => {
    const { config } = resolve({
      balance: { zLoss: 1e-3, losses: [{ group: "batch", alpha: 1 }] },
      model: { attention: { kind: "mla", kvLoraRank: 8 } },
      data: { mixture: { prose: 1, code: 2 } },
      arms: {
        a: {
          balance: { bias: { gamma: 5e-3 } },
          model: { attention: { kind: "gqa", numKeyValueHeads: 2 } },
          data: { mixture: { math: 3 } },
        },
      },
    }).arms[0];
    expect(config.balance).toEqual({ losses: [], zLoss: 0, bias: { gamma: 5e-3, rule: "sign", form: "additive", group: "batch" } });
    expect(config.model.attention).toEqual({ kind: "gqa", numKeyValueHeads: 2, headDim: 16, ropeDim: 16 });
    expect(config.data.mixture).toEqual({ math: 3 });
  });

  test("null clears, and the default holds again", () => {
    const { config } = resolve({
      balance: { bias: {} },
      train: { microBatch: 4, optimizer: { lr: 2 } },
      model: { nSharedExperts: 4 },
      arms: { a: { balance: null, train: { microBatch: null, optimizer: { lr: null } }, model: { nSharedExperts: null } } },
    }).arms[0];
    expect(config.balance.bias).toBeNull();
    expect(config.train.microBatch).toBeNull();
    expect(config.train.optimizer.lr).toBe(3e-3);
    expect(config.model.nSharedExperts).toBe(1);
  });

  test("--set changes exactly the value at its path, also inside what a patch would replace whole", () => {
    const spec = {
      balance: {
        losses: [
          { group: "batch", alpha: 1 },
          { group: "sequence", alpha: 2 },
        ],
        zLoss: 3,
      },
    };
    const { balance } = resolve(spec, {
      sets: [
        { target: "balance.losses.1.alpha", value: 5 },
        { target: "balance.bias.gamma", value: 1e-2 },
      ],
    }).arms[0].config;
    expect(balance.losses).toEqual([
      { group: "batch", alpha: 1 },
      { group: "sequence", alpha: 5 },
    ]);
    expect(balance.zLoss).toBe(3);
    expect(balance.bias?.gamma).toBe(1e-2);
  });

  test("a set that is wrong is told as it was typed", () => {
    expect(problemsOf({}, { sets: [{ target: "train.stepz", value: 4 }] })).toEqual([
      { path: "--set train.stepz", message: "unknown key", suggestion: "steps" },
    ]);
    expect(problemsOf({ arms: { a: {} } }, { armSets: [{ target: "a.train.steps", value: -4 }] })[0].path).toBe("--set-arm a.train.steps");
    expect(problemsOf({ arms: { none: {} } }, { armSets: [{ target: "nome.train.steps", value: 4 }] })[0]).toMatchObject({
      path: "--set-arm nome.train.steps",
      suggestion: '"none"',
    });
  });

  test("arm names with dots and spaces can be addressed", () => {
    const spec = { arms: { a: {}, "a.b c": {} } };
    const steps = resolve(spec, { armSets: [{ target: "a.b c.train.steps", value: 7 }] }).arms.map((arm) => arm.config.train.steps);
    expect(steps).toEqual([400, 7]);
  });
});

describe("tokens and steps", () => {
  test("tokens become steps of batchSize × seqLen, at least one", () => {
    const { train } = resolve({ train: { tokens: 409_600 } }).arms[0].config;
    expect(train.steps).toBe(400);
    expect(train).not.toHaveProperty("tokens");
    expect(resolve({ train: { tokens: 1 } }).arms[0].config.train.steps).toBe(1);
  });

  test("each arm's own batch decides its steps, so that the tokens are equal", () => {
    const arms = resolve({ train: { tokens: 102_400 }, arms: { a: {}, b: { train: { batchSize: 32 } } } }).arms;
    expect(arms.map((arm) => arm.config.train.steps)).toEqual([100, 50]);
  });

  test("a later layer's steps replace an earlier one's tokens, and the other way round", () => {
    expect(resolve({ train: { tokens: 409_600 } }, { sets: [{ target: "train.steps", value: 20 }] }).arms[0].config.train.steps).toBe(20);
    expect(resolve({ train: { steps: 7 }, arms: { a: { train: { tokens: 2048 } } } }).arms[0].config.train.steps).toBe(2);
  });
});

test("all arms are validated on every domain that one of them trains on", () => {
  const { arms, domains } = resolve({ data: { mixture: { code: 1 } }, arms: { a: {}, b: { data: { mixture: { math: 1, code: 1 } } } } });
  expect(domains).toEqual(["code", "math"]);
  expect(arms[0].config.data.mixture).toEqual({ code: 1, math: 0 });
});

test("the order in which domains are written changes nothing", () => {
  const mixture = (m: object) => Object.keys(resolve({ data: { mixture: m } }).arms[0].config.data.mixture);
  expect(mixture({ math: 1, prose: 1 })).toEqual(mixture({ prose: 1, math: 1 }));
});

describe("several experiments", () => {
  test("overrides can be addressed to one of them", () => {
    const [a, b] = resolveExperiments([request({}, "a"), request({}, "b")], { ...options, sets: [{ target: "b.train.steps", value: 9 }] });
    expect([a.arms[0].config.train.steps, b.arms[0].config.train.steps]).toEqual([400, 9]);
  });

  test("problems of all of them are told together, with their cells", () => {
    try {
      resolveExperiments([request({ seeds: 0 }, "a"), request({ train: { stepz: 1 } }, "b"), request({}, "b")], {
        ...options,
        armSets: [{ target: "z.train.steps", value: 1 }],
      });
      expect.unreachable();
    } catch (error) {
      expect((error as SpecError).problems.map((p) => p.path)).toEqual(["#a seeds", "#b train.stepz", "#b id", "--set-arm z.train.steps"]);
    }
  });
});
