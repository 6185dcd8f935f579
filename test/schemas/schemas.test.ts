import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import fc from "fast-check";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publishedSchemas } from "../../experiments/schemas/published.ts";
import { results } from "../../experiments/schemas/results.ts";
import { readManifest } from "../../experiments/runs/store/node/manifest.ts";
import { parseEvents } from "../../experiments/runs/store/lines.ts";
import { NodeStore } from "../../experiments/runs/store/node/store.ts";
import { sealed } from "../../experiments/runs/store/sealed-json.ts";
import { buildCli, switchyard } from "../cli/bundle.ts";

/** Two arms of a tiny model, one of which diverges, with what makes files differ: GQA, MTP, a bias schedule, losses at two scopes. */
const notebook = `---
switchyard: 1
---
\`\`\`ts {#study}
import { experiment } from "switchyard";
export const study = experiment("Files", {
  model: { hiddenSize: 16, numHiddenLayers: 1, numAttentionHeads: 2, nRoutedExperts: 4, moeIntermediateSize: 8, attention: { kind: "mla", kvLoraRank: 8, qkNopeHeadDim: 4, qkRopeHeadDim: 4, vHeadDim: 8 }, mtp: { depth: 1 } },
  validation: { windowsPerDomain: 2 },
  train: { steps: 30, batchSize: 4, seqLen: 16, evalEvery: 10 },
  arms: {
    "loss": { balance: { losses: [{ group: "sequence", alpha: 1e-3 }, { group: 2, alpha: 1e-3 }] } },
    "bias": { balance: { bias: { gamma: [{ until: 0.5, value: 5e-3 }, { until: 1, value: 0 }] } } },
    "gqa": { model: { attention: { kind: "gqa", numKeyValueHeads: 1 } } },
    "diverges": { train: { optimizer: { lr: 1e30 } } },
  },
  seeds: 2,
});
\`\`\`
`;

let folder: string;
let store: string;
const schemas = new Map<string, ValidateFunction>();
/** file → schema name */
const files = new Map<string, string>();

const ajv = new Ajv({ allErrors: false, strict: true, strictTuples: false });

beforeAll(async () => {
  buildCli();
  folder = await mkdtemp(join(tmpdir(), "switchyard-schemas-"));
  await writeFile(join(folder, "files.md"), notebook);
  const { stderr } = await switchyard(["run", join(folder, "files.md"), "--backend", "cpu"]);
  expect(stderr).toBe("");
  store = join(folder, "files.results");
  for (const [name, text] of publishedSchemas()) schemas.set(name.split(".")[0], ajv.compile(JSON.parse(text) as object));
  files.set("results.json", "results").set("manifest.json", "manifest");
  for (const run of await readdir(join(store, "runs")))
    files.set(`runs/${run}/config.json`, "config").set(`runs/${run}/result.json`, "result").set(`runs/${run}/metrics.jsonl`, "metrics");
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The JSON documents of a file: a metrics.jsonl has one in every line. */
async function documents(file: string): Promise<unknown[]> {
  const text = await readFile(join(store, file), "utf8");
  return (file.endsWith(".jsonl") ? text.trim().split("\n") : [text]).map((part) => JSON.parse(part) as unknown);
}

test.each([...publishedSchemas()])(
  "%s in the repository is what the program reads by; `npx --no-install vitest run test/schemas -u` writes it",
  async (name, text) => {
    await expect(text).toMatchFileSnapshot(`../../experiments/schemas/${name}`);
  },
);

test("every file of a real study fits its published schema", async () => {
  const seen = new Set<string>();
  for (const [file, schema] of files) {
    for (const document of await documents(file)) {
      const validate = schemas.get(schema)!;
      expect(validate(document), `${file}: ${ajv.errorsText(validate.errors)}`).toBe(true);
      seen.add(schema);
    }
  }
  expect([...seen].sort()).toEqual([...schemas.keys()].sort());
});

test("the schemas leave no key of those files unsaid", async () => {
  const strict = new Map(
    [...publishedSchemas()].map(([name, text]) => [
      name.split(".")[0],
      new Ajv({ strictTuples: false }).compile(closed(JSON.parse(text)) as object),
    ]),
  );
  for (const [file, schema] of files) {
    for (const document of await documents(file)) {
      const validate = strict.get(schema)!;
      expect(validate(document), `${file}: ${JSON.stringify(validate.errors)}`).toBe(true);
    }
  }
});

/** A schema in which objects have no keys but those named. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return "properties" in copy && !("additionalProperties" in copy) ? { ...copy, additionalProperties: false } : copy;
}

describe("reading checks the same", () => {
  /** Whether the program itself takes this text for that file. */
  const readers: Record<string, (text: string) => Promise<boolean>> = {
    results: async (text) => v.safeParse(results, JSON.parse(text)).success,
    metrics: async (text) => parseEvents(new TextEncoder().encode(`${text}\n`)).events.length === 1,
    manifest: (text) => withFile("manifest.json", text, async (at) => (await readManifest(at)) !== null),
    config: (text) => withFile("runs/0000000000000000/config.json", text, async (at) => (await new NodeStore(at).list()).length === 1),
    result: (text) => withFile("runs/0000000000000000/result.json", text, fitsResult),
  };

  /** `find` sets a result aside that does not fit, and leaves one that does, even where it is not the one looked for. */
  async function fitsResult(at: string): Promise<boolean> {
    await new NodeStore(at).find("0".repeat(64));
    return (await readdir(join(at, "runs/0000000000000000"))).join() === "result.json";
  }

  async function withFile<T>(path: string, text: string, use: (folder: string) => Promise<T>): Promise<T> {
    const at = await mkdtemp(join(folder, "reading-"));
    await mkdir(join(at, path, ".."), { recursive: true });
    await writeFile(join(at, path), text);
    return use(at);
  }

  test.each(Object.keys(readers))(
    "a %s file with one value gone or of another kind is read exactly when it fits the schema",
    async (schema) => {
      const originals: unknown[] = [];
      for (const [file, of] of files) if (of === schema) originals.push(...(await documents(file)));
      const outcomes = { read: 0, refused: 0 };
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...originals.slice(0, 40)),
          fc.nat(),
          fc.constantFrom<unknown>(undefined, null, "text", -1, 0.5, [], {}, true),
          async (original, at, value) => {
            const paths = pathsOf(original);
            const path = paths[at % paths.length];
            // an empty list is read as an empty record: the same to whoever reads it, and another type in JSON Schema
            fc.pre(!(Array.isArray(value) && isRecord(path.reduce<any>((inner, key) => inner[key], original))));
            // a seal is of what a file says, which no schema knows: whoever changes a value here seals it again
            fc.pre(path[0] !== "seal");
            const changed = sealedAgain(withValue(original, path, value));
            const fits = schemas.get(schema)!(changed);
            outcomes[fits ? "read" : "refused"]++;
            expect(await readers[schema](JSON.stringify(changed))).toBe(fits);
          },
        ),
        { numRuns: 150, seed: 1 },
      );
      expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(0);
    },
  );
});

function sealedAgain(document: unknown): unknown {
  if (typeof document !== "object" || document === null || !("seal" in document)) return document;
  const { seal: _seal, ...content } = document;
  return sealed(content);
}

const isRecord = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

type Path = (string | number)[];

/** Paths of all values below the root. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value).flatMap((key) => {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    return [here, ...pathsOf((value as Record<string, unknown>)[key], here)];
  });
}

/** A copy with another value at `path`; undefined takes it out. */
function withValue(original: unknown, path: Path, value: unknown): unknown {
  const copy = structuredClone(original) as any;
  const parent = path.slice(0, -1).reduce((at, key) => at[key], copy);
  const key = path[path.length - 1];
  if (value !== undefined) parent[key] = value;
  else if (Array.isArray(parent)) parent.splice(key as number, 1);
  else delete parent[key];
  return copy;
}
