import { cp, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dataHash } from "../../engine/data/corpus.ts";
import { semantics, type RunConfig } from "../../engine/model/config.ts";
import { galleryFolder, galleryName, shippedFiles, shippedResults } from "../../experiments/gallery/shipped.node.ts";
import { ShippedRuns } from "../../experiments/gallery/shipped-runs.ts";
import { keyOf, keyParts, shortKey } from "../../experiments/runs/store/key.ts";
import { openDomains } from "../../experiments/runs/store/node/corpora.ts";
import { readManifest } from "../../experiments/runs/store/node/manifest.ts";
import { lookUp, type ExperimentPlan, type PlannedRun } from "../../experiments/runs/plan/plan.ts";
import { StoreWriteError, type RunRecord } from "../../experiments/runs/store/store.ts";
import type { Results } from "../../experiments/results.ts";
import { buildCli, switchyard } from "../cli/bundle.ts";

const names = ["balancing", "mtp", "specialisation"];
const notebook = (name: string): string => join(galleryFolder, `${name}.md`);
let work: string;

beforeAll(async () => {
  buildCli();
  work = await mkdtemp(join(tmpdir(), "switchyard-gallery-test-"));
  process.env.XDG_DATA_HOME = join(work, "data"); // where the command line keeps new runs of the gallery
  for (const name of names) plans.set(name, await planOf(name));
}, 120_000);
afterAll(() => rm(work, { recursive: true, force: true }));

/** What the quick budgets mean today, as `switchyard check` plans them. */
const plans = new Map<string, Pick<ExperimentPlan, "dataHash" | "runs">>();

async function planOf(name: string): Promise<Pick<ExperimentPlan, "dataHash" | "runs">> {
  const { code, stdout, stderr } = await switchyard(["check", notebook(name), "--budget", "quick", "--json"]);
  expect(code, stderr).toBe(0);
  const { dataHash, arms, runs } = JSON.parse(stdout) as {
    dataHash: string;
    arms: { name: string; config: RunConfig }[];
    runs: Omit<PlannedRun, "config">[];
  };
  return { dataHash, runs: runs.map((run) => ({ ...run, config: arms.find((arm) => arm.name === run.arm)!.config })) };
}

async function sizeOf(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    files.filter((file) => file.isFile()).map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe("the gallery", () => {
  test("is these notebooks, each with the results of its quick budget, in less than 1.5 MB", async () => {
    expect((await readdir(galleryFolder)).filter((file) => file.endsWith(".md") && file !== "README.md").sort()).toEqual(
      names.map((name) => `${name}.md`),
    );
    for (const name of names) expect((await readManifest(shippedResults(name)))?.arguments.budget).toBe("quick");
    expect(await sizeOf(galleryFolder)).toBeLessThan(1.5e6);
  });

  test.each(names)(
    "%s: its quick budget has at least three seeds and every run ships, for these semantics and these corpora (else: npm run gallery)",
    async (name) => {
      const plan = plans.get(name)!;
      expect(Math.max(...plan.runs.map((run) => run.seedIndex))).toBeGreaterThanOrEqual(2);
      const { cached } = await lookUp(plan, new ShippedRuns(shippedFiles()));
      expect(plan.runs.filter(({ id }) => !cached.has(id)).map(({ id }) => id)).toEqual([]);
    },
  );

  test("ships no run that no notebook asks for", async () => {
    const wanted = new Set([...plans.values()].flatMap(({ runs }) => runs.map((run) => shortKey(run.key))));
    expect((await shippedFiles().runs()).filter((run) => !wanted.has(run))).toEqual([]);
  });

  test("ships results in full precision and curves that end in them", async () => {
    const shipped = new ShippedRuns(shippedFiles());
    shipped.listed = true;
    for (const { key, config } of await shipped.list()) {
      const [result, events] = [await shipped.find(key), await shipped.events(key)];
      const steps = events.filter((event) => event.kind === "step");
      expect(steps[0].step).toBe(1);
      expect(steps.at(-1)!.step).toBe(config.train.steps);
      // the summary is of other windows than the curve, a fourth of which err twice as much; where it is of the same, five digits
      const { valLoss, valLossError } = result!.metrics!;
      const error = config.validation.final === undefined ? 1e-4 * valLoss : 5 * Math.hypot(1, 2) * valLossError;
      expect(Math.abs(events.findLast((event) => event.kind === "eval")!.valLoss - valLoss)).toBeLessThan(error);
    }
  });

  test.each(names)(
    "%s: run with the quick budget trains nothing and says what it found; report shows the same",
    async (name) => {
      const out = join(work, name);
      const run = await switchyard(["run", notebook(name), "--budget", "quick", "--backend", "cpu", "--out", out]);
      expect(run.code, run.stderr).toBe(0);
      const { experiments } = JSON.parse(await readFile(join(out, "results.json"), "utf8")) as Results;
      expect(experiments.flatMap(({ arms }) => arms.flatMap(({ runs }) => runs)).every((one) => one.cached && one.status === "done")).toBe(
        true,
      );
      const html = await readFile(join(out, "report.html"), "utf8");
      expect(html).toMatch(/Of \d claims .*From \d+ runs: \d arms, \d seeds/);
      expect(html).not.toMatch(/class="warning"/);

      const page = join(work, `${name}.html`);
      const report = await switchyard(["report", notebook(name), "--html", page]);
      expect(report.code, report.stderr).toBe(0);
      expect(/Of \d claims [^<]*/.exec(await readFile(page, "utf8"))).toEqual(/Of \d claims [^<]*/.exec(html));
    },
    120_000,
  );
});

describe("runs that ship", () => {
  const shipped = new ShippedRuns(shippedFiles());

  test("are never written", async () => {
    await expect(shipped.open({ key: "0".repeat(64) } as RunRecord)).rejects.toThrow(StoreWriteError);
  });

  test("are listed to the gallery's notebooks alone: a stranger's study is not held against them", async () => {
    const quiet = new ShippedRuns(shippedFiles());
    expect(await quiet.list()).toEqual([]);
    quiet.listed = true;
    expect((await quiet.list()).length).toBe((await shippedFiles().runs()).length);
  });

  test("belong to a notebook of the gallery by its place, not its name", async () => {
    expect(galleryName(notebook("balancing"))).toBe("balancing");
    await cp(notebook("balancing"), join(work, "balancing.md"));
    expect(galleryName(join(work, "balancing.md"))).toBeNull();
  });

  test("of other semantics, other text or another config are missing, and the first part that differs is named", async () => {
    const plan = plans.get("balancing")!;
    const [run] = plan.runs;
    const old = keyParts(run.config, run.seed, plan.dataHash);
    for (const [what, parts] of Object.entries({
      semantics: { ...old, semantics: semantics + 1 },
      dataHash: { ...old, dataHash: dataHash(await openDomains(["prose"])) },
    })) {
      const folder = join(work, `${what}.gallery`);
      await cp(
        join(shippedResults("balancing"), "runs", shortKey(run.key)),
        join(folder, "balancing.results/runs", shortKey(keyOf(parts))),
        { recursive: true },
      );
      const config = join(folder, "balancing.results/runs", shortKey(keyOf(parts)), "config.json");
      const record = JSON.parse(await readFile(config, "utf8")) as RunRecord;
      await writeFile(config, JSON.stringify({ ...record, key: keyOf(parts), semantics: parts.semantics, dataHash: parts.dataHash }));
      const stale = new ShippedRuns(shippedFiles(folder));
      stale.listed = true;
      const { cached, nearest } = await lookUp(plan, stale);
      expect(cached.size).toBe(0);
      expect((await nearest(run)).map((difference) => difference.path)).toEqual([what]);
    }
  });

  test("whose config was changed by hand are not believed", async () => {
    const plan = plans.get("balancing")!;
    const [run] = plan.runs;
    const folder = join(work, "forged.gallery");
    await cp(shippedResults("balancing"), join(folder, "balancing.results"), { recursive: true });
    const config = join(folder, "balancing.results/runs", shortKey(run.key), "config.json");
    await writeFile(config, (await readFile(config, "utf8")).replace('"clipNorm": 1', '"clipNorm": 2'));
    expect(await new ShippedRuns(shippedFiles(folder)).find(run.key)).toBeNull();
    expect(await new ShippedRuns(shippedFiles()).find(run.key)).not.toBeNull();
  });
});
