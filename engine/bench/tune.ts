/** Measures every way to compute a model's matrix products on one adapter: what a table of kernels is made from. */
import { type Choice, mostSplits, type ProductShape } from "../backends/webgpu/matmul/table.ts";
import { matmulVariants, variantFits, variantNames } from "../backends/webgpu/matmul/variants.ts";
import type { WebGpuBackend } from "../backends/webgpu/backend.ts";
import type { Plan } from "../plan/plan-types.ts";
import { type ModelProduct, productPlan, productsOf } from "./one-product.ts";

export interface TuneOptions {
  /** for all products together, once their kernels are compiled; each is measured at least once in every way, and the best ones again */
  seconds: number;
  /** each as it is settled, with how many there are */
  onProduct?(product: TunedProduct, total: number): void;
}

interface Candidate extends Choice {
  /** milliseconds of one product, the best of `rounds` */
  time: number;
  rounds: number;
}

export interface TunedProduct extends ModelProduct {
  /** the fastest first */
  candidates: Candidate[];
  /** what the backend's table chooses, as measured now */
  before: Candidate;
  /** the fastest, or `before` where that is as fast but for noise */
  chosen: Candidate;
}

/** A choice that is not faster by this part is left as it was: clocks and other programs move by as much. */
const noise = 0.03;
/** Candidates that are measured again after the first round, and how often at least: one measurement alone is luck. */
const finalists = 4;
const fewestRounds = 3;
/** A timed stretch takes at least about this long, so that submitting and waiting do not count. */
const stretchMilliseconds = 4;
const mostRepeats = 128;

/** Every variant that the adapter's limits allow, with K whole and cut into powers of two. */
export function candidatesFor(shape: ProductShape, backend: Pick<WebGpuBackend, "workgroupLimits">): Choice[] {
  return variantNames
    .filter((name) => variantFits(matmulVariants[name], backend.workgroupLimits))
    .flatMap((variant) => [1, 2, 4, 8, 16, 32].filter((splits) => splits <= mostSplits(shape)).map((splits) => ({ variant, splits })));
}

/** The distinct products of these plans, the dearest first. */
export async function tune(
  backend: WebGpuBackend,
  plans: readonly Plan[],
  { seconds, onProduct = () => {} }: TuneOptions,
): Promise<TunedProduct[]> {
  const products = new Map(plans.flatMap((plan) => productsOf(plan).map((product) => [JSON.stringify(product.shape), { plan, product }])));
  await compileAll(backend, [...products.values()]);
  const tuned: TunedProduct[] = [];
  const end = performance.now() + 1000 * seconds;
  for (const { plan, product } of products.values()) {
    const left = end - performance.now();
    tuned.push(await tuneOne(backend, plan, product, Math.max(0, left) / (products.size - tuned.length)));
    onProduct(tuned[tuned.length - 1], products.size);
  }
  return tuned;
}

async function tuneOne(backend: WebGpuBackend, plan: Plan, product: ModelProduct, milliseconds: number): Promise<TunedProduct> {
  const end = performance.now() + milliseconds;
  const usual = backend.chooseMatmul(product.shape);
  const same = (a: Choice, b: Choice) => a.variant === b.variant && a.splits === b.splits;
  const others = candidatesFor(product.shape, backend).filter((choice) => !same(choice, usual));
  const candidates = [usual, ...others].map((choice): Candidate => ({ ...choice, time: Infinity, rounds: 0 }));
  const [before] = candidates;
  let running = candidates;
  // in turns, so that what disturbs one disturbs all
  for (let round = 0; round < fewestRounds || performance.now() < end; round++) {
    for (const candidate of running) {
      candidate.time = Math.min(candidate.time, await timeOf(backend, plan, product, candidate));
      candidate.rounds++;
    }
    candidates.sort((a, b) => a.time - b.time);
    if (round === 0) running = [...new Set([before, ...candidates.slice(0, finalists)])];
  }
  const [fastest] = running.sort((a, b) => a.time - b.time);
  return { ...product, candidates, before, chosen: fastest.time < (1 - noise) * before.time ? fastest : before };
}

/** Compiles every variant of every op before anything is timed, those of one op in parallel. Shapes are data: the smallest product of an op stands for all. */
async function compileAll(backend: WebGpuBackend, products: readonly { plan: Plan; product: ModelProduct }[]): Promise<void> {
  const smallest = new Map<string, { plan: Plan; product: ModelProduct }>();
  for (const entry of products) {
    const known = smallest.get(entry.product.shape.op);
    if (!known || entry.product.op.bytes < known.product.op.bytes) smallest.set(entry.product.shape.op, entry);
  }
  for (const { plan, product } of smallest.values()) {
    const variants = new Set(candidatesFor(product.shape, backend).map(({ variant }) => variant));
    const { plan: alone } = productPlan(plan, product.op, 1);
    await Promise.all(
      [...variants].map(async (variant) => (await backend.compile(alone, { choose: () => ({ variant, splits: 1 }) })).dispose()),
    );
  }
}

/** Milliseconds of one product, computed as `choice` says. */
async function timeOf(backend: WebGpuBackend, model: Plan, { op }: ModelProduct, choice: Choice): Promise<number> {
  const stretch = async (repeats: number): Promise<number> => {
    const { plan, fill } = productPlan(model, op, repeats);
    const executable = await backend.compile(plan, { choose: () => choice });
    try {
      fill(executable);
      executable.run("evaluate");
      await executable.finish(); // memory is touched, kernels are loaded
      const start = performance.now();
      executable.run("evaluate");
      await executable.finish();
      return (performance.now() - start) / repeats;
    } finally {
      executable.dispose();
    }
  };
  const alone = await stretch(1);
  const repeats = Math.min(mostRepeats, Math.ceil(stretchMilliseconds / alone));
  return repeats === 1 ? alone : stretch(repeats);
}
