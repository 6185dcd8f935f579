import { spawn } from "node:child_process";
import * as promises from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Results } from "../../experiments/results.ts";
import { buildCli, cli, switchyard } from "./bundle.ts";

let folder: string;
beforeAll(async () => {
  buildCli();
  folder = await promises.mkdtemp(join(tmpdir(), "switchyard-exports-"));
});
afterAll(() => promises.rm(folder, { recursive: true, force: true }));

const tiny = `model: { hiddenSize: 16, numHiddenLayers: 1, numAttentionHeads: 2, nRoutedExperts: 4, moeIntermediateSize: 8, attention: { kind: "mla", kvLoraRank: 8, qkNopeHeadDim: 4, qkRopeHeadDim: 4, vHeadDim: 8 } },
  validation: { windowsPerDomain: 2 }, train: { steps: 6, batchSize: 2, seqLen: 16, evalEvery: 3 }, seeds: 1`;
const cell = (id: string, code: string) => `\`\`\`ts {#${id}}\n${code}\n\`\`\`\n`;
const study = cell(
  "study",
  `import { experiment } from "switchyard";\nexport const study = experiment("A study", { ${tiny}, arms: { low: {}, high: { train: { optimizer: { lr: 1e-2 } } } } });`,
);

async function notebook(path: string, ...parts: string[]): Promise<string> {
  const file = join(folder, path);
  await promises.mkdir(join(file, ".."), { recursive: true });
  await promises.writeFile(file, `---\nswitchyard: 1\ntitle: A title\n---\nHours of writing.\n\n${parts.join("\n")}`);
  return file;
}

describe("an export", () => {
  let same: string;
  let text: string;
  beforeAll(async () => {
    same = await notebook("over/report.md", study);
    text = await promises.readFile(same, "utf8");
    await promises.symlink("report.md", join(folder, "over/link.html"));
    await promises.link(same, join(folder, "over/hard.pdf"));
    await promises.symlink("over", join(folder, "other"));
    expect((await switchyard(["run", same, "--backend", "cpu"])).code).toBe(0);
  }, 120_000);

  test.each([
    [["--html", "over/report.md"]],
    [["--pdf", "over/report.md"]],
    [["--md", "over"]],
    [["--md", "other"]],
    [["--html", "over/link.html"]],
    [["--pdf", "over/hard.pdf"]],
    [["--md", "other/../over", "--force"]],
  ])("%j is never written onto its notebook", async (options) => {
    const { code, stdout, stderr } = await switchyard([
      "report",
      same,
      ...options.map((word) => (word.startsWith("--") ? word : join(folder, word))),
    ]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/is the file that is being read; it would be lost\. Nothing was written/);
    expect(await promises.readFile(same, "utf8")).toBe(text);
    expect(await promises.readdir(join(folder, "over"))).not.toContain("figures");
  });

  test("does not replace what somebody else wrote unless told so, and does replace what an export wrote", async () => {
    const out = join(folder, "out");
    await promises.mkdir(join(out, "figures"), { recursive: true });
    const page = join(out, "page.html");
    await promises.writeFile(page, "<!doctype html><p>mine</p>");
    await promises.writeFile(join(out, "figures/study-forest.svg"), '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>');
    const refused = await switchyard(["report", same, "--html", page, "--md", out]);
    expect([refused.code, refused.stdout]).toEqual([2, ""]);
    expect(refused.stderr).toMatch(
      /page\.html is there already, and Switchyard did not write it; .*study-forest\.svg is there already.*--force replaces/,
    );
    expect(await promises.readFile(page, "utf8")).toContain("mine");
    expect(await promises.readdir(out)).not.toContain("report.md");
    for (const options of [["--force"], []]) {
      const { code, stderr } = await switchyard(["report", same, "--html", page, "--md", out, ...options]);
      expect([code, stderr]).toEqual([0, ""]);
    }
    expect(await promises.readFile(page, "utf8")).toContain('<meta name="generator" content="Switchyard');
  });

  test("of --out does not take a folder that holds somebody's figures or results", async () => {
    const out = join(folder, "theirs");
    await promises.mkdir(join(out, "tables"), { recursive: true });
    await promises.writeFile(join(out, "tables/mine.csv"), "1");
    const { code, stderr } = await switchyard(["run", same, "--out", out]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/tables is there already, and no runs of Switchyard's beside it/);
    expect(await promises.readdir(out)).toEqual(["tables"]);
  });

  test("is not written twice to one place", async () => {
    const page = join(folder, "twice.html");
    const { code, stderr } = await switchyard(["report", same, "--html", page, "--pdf", page]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("would be written twice")]);
  });
});

describe("a pipe whose reader is gone", () => {
  /** Exit code and what came on the other stream, with one stream closed after its first piece, or at once. */
  const closing = (
    args: string[],
    stream: "stdout" | "stderr",
    atOnce: boolean,
  ): Promise<{ code: number | null; signal: string | null; rest: string }> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "pipe", "pipe"] });
      let rest = "";
      if (atOnce) child[stream].destroy();
      else child[stream].once("data", () => child[stream].destroy());
      child[stream === "stdout" ? "stderr" : "stdout"].setEncoding("utf8").on("data", (text: string) => (rest += text));
      child.once("error", reject);
      child.once("close", (code, signal) => resolve({ code, signal, rest }));
    });

  test.each([
    ["stdout", false, []],
    ["stdout", true, []],
    ["stdout", false, ["--json"]],
    ["stderr", true, []],
  ] as const)("%s (at once: %s, %j) ends no training", async (stream, atOnce, options) => {
    const path = await notebook(
      `pipe-${stream}-${atOnce}-${options.length}.md`,
      study,
      cell("log", 'console.log("x".repeat(100000)); console.log("again"); study.arms.length'),
    );
    const { code, signal, rest } = await closing(["run", path, "--backend", "cpu", ...options], stream, atOnce);
    expect([code, signal]).toEqual([0, null]);
    expect(rest).not.toMatch(/EPIPE|Unhandled|at .*\(/);
    const results = JSON.parse(await promises.readFile(path.replace(/\.md$/, ".results/results.json"), "utf8")) as Results;
    expect(results.experiments[0].arms.map((arm) => arm.n)).toEqual([1, 1]);
  });

  test.each([["check"], ["report"], ["runs"], ["devices"], ["--help"]])("ends %s quietly", async (command) => {
    const path = join(folder, "over/report.md");
    const { code, rest } = await closing(
      [command, ...(["check", "report"].includes(command) ? [path] : command === "runs" ? [folder] : [])],
      "stdout",
      true,
    );
    expect([code, rest.replace(/^Types were not checked.*\n/, "")]).toEqual([0, ""]);
  });
});

describe("one bad item", () => {
  const deep = (open: string, close: string, n: number) => open.repeat(n) + close.repeat(n);
  test("takes neither the results nor the rest of the report with it, and the exit code tells", async () => {
    const path = await notebook(
      "bad.md",
      `A deep formula $${deep("\\sqrt{", "}", 20_000)}$ and after it.\n`,
      study,
      cell(
        "wide",
        "import { svg } from \"switchyard\";\nsvg(`<svg xmlns='http://www.w3.org/2000/svg' width='1e309' height='9'><title>wide</title><path d='M0 0H9'/></svg>`)",
      ),
    );
    const { code, stderr } = await switchyard(["run", path, "--backend", "cpu"]);
    const out = path.replace(/\.md$/, ".results");
    expect(code).toBe(1);
    expect(stderr).toMatch(/A formula is shown as it was written: it has [\d,]+ characters/);
    const page = await promises.readFile(join(out, "report.html"), "utf8");
    expect(page).toMatch(/A formula is shown as it was written: it has [\d,]+ characters/);
    expect(page).toContain("and after it.");
    expect(page).toContain("How to repeat it");
    const results = JSON.parse(await promises.readFile(join(out, "results.json"), "utf8")) as Results;
    expect(results.experiments).toHaveLength(1);
    expect(await promises.readdir(join(out, "tables"))).toContain("study.tex");
  });

  test("a forged time of a run leaves the report whole", async () => {
    const path = await notebook("forged.md", study);
    expect((await switchyard(["run", path, "--backend", "cpu"])).code).toBe(0);
    const runs = join(path.replace(/\.md$/, ".results"), "runs");
    const [first] = await promises.readdir(runs);
    const file = join(runs, first, "result.json");
    const result = await promises.readFile(file, "utf8");
    const forged = result.replace(/("when":\s*"[^"]+",\s*"seconds":\s*)[\d.e+-]+/, "$11e300");
    expect(forged).not.toBe(result);
    await promises.writeFile(file, forged);
    const page = join(folder, "forged.html");
    await switchyard(["report", path, "--html", page]);
    expect(await promises.readFile(page, "utf8")).toContain("What the metrics mean");
  });
});

describe("what a name brings of control characters reaches no terminal", () => {
  const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

  test("of what an experiment calls things: it is refused, with the name as code", async () => {
    const named = (title: string, arm: string) =>
      cell(
        "study",
        `import { experiment } from "switchyard";\nexport const study = experiment(${JSON.stringify(title)}, { ${tiny}, arms: { [${JSON.stringify(arm)}]: {} } });`,
      );
    const path = await notebook("refused.md", named("Title\u001b]0;owned\u0007\u202e", "base"));
    const other = await notebook("refused-too.md", named("Title", "a\rb\u009b31m\u202e"));
    for (const [file, name] of [
      [path, '"Title\\u001b]0;owned\\u0007\\u202e" holds the control character U+001B'],
      [other, '"a\\rb\\u009b31m\\u202e" holds the control character U+000D'],
    ]) {
      for (const command of ["check", "run", "report"]) {
        const { code, stdout, stderr } = await switchyard([command, file]);
        expect([code, stdout], command).toEqual([2, ""]);
        expect(stderr).toContain(name);
        expect(stderr).not.toMatch(control);
      }
    }
  }, 120_000);

  // file systems of Windows hold no such names, and elsewhere nothing refuses them
  test.skipIf(process.platform === "win32")(
    "of what a file is called, a cell logs and a store of other hands holds",
    async () => {
      const path = await notebook(
        "terminal/odd\u001b[2J\u009b31m\u202e\r.md",
        study,
        cell("log", 'console.log("\\u001b[31mred"); study.arms.length'),
      );
      const store = path.replace(/\.md$/, ".results");
      const clean = async (...args: string[]): Promise<string> => {
        const { code, stdout, stderr } = await switchyard(args);
        expect(code, stderr).toBe(0);
        expect(stdout + stderr, args.join(" ")).not.toMatch(control);
        return stdout + stderr;
      };
      const run = ["run", path, "--backend", "cpu"];
      for (const args of [
        run,
        [...run, "--json"],
        ["report", path],
        ["runs", join(folder, "terminal")],
        ["runs", join(folder, "terminal"), "--json"],
      ])
        expect(await clean(...args)).toContain("\\u001b[2J");
      expect(await clean(...run)).toContain("\\u001b[31mred");

      const manifest = join(store, "manifest.json");
      const kept = await promises.readFile(manifest, "utf8");
      const forged = kept
        .replace('"title": "A study"', '"title": "\\u001b]0;owned\\u0007\\u202e"')
        .replace('"arm": "low"', '"arm": "low\\u009b31m\\r"');
      expect(forged).not.toBe(kept);
      await promises.writeFile(manifest, forged);
      const table = await clean("runs", join(folder, "terminal"), "--rebuild");
      expect(table).toContain("low\\u009b31m\\r");
      expect(await clean("runs", join(folder, "terminal"), "--json")).toContain("\\u001b]0;owned");
    },
    240_000,
  );
});
