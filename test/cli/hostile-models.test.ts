/** Model folders from anywhere: whatever is in them, a command ends with a sentence. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importHuggingFace } from "../../engine/formats/huggingface.ts";
import { InterchangeError } from "../../engine/formats/interchange-error.ts";
import { decodeSafetensors, encodeSafetensors } from "../../engine/formats/safetensors.ts";
import { readModelFolder } from "../../experiments/cli/model-folder.ts";
import { RefusedError } from "../../experiments/cli/refused.ts";

const config: Record<string, unknown> = {
  model_type: "deepseek_v3",
  vocab_size: 256,
  hidden_size: 4,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  kv_lora_rank: 3,
  q_lora_rank: null,
  qk_nope_head_dim: 2,
  qk_rope_head_dim: 2,
  v_head_dim: 2,
  n_routed_experts: 4,
  n_shared_experts: 1,
  num_experts_per_tok: 2,
  moe_intermediate_size: 3,
  intermediate_size: 5,
  first_k_dense_replace: 0,
  routed_scaling_factor: 1,
  n_group: 1,
  topk_group: 1,
};

function container(header: unknown, data = new Uint8Array(64)): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const odd = fc.constantFrom<unknown>(
  null,
  true,
  -1,
  0,
  1,
  1e9,
  2 ** 53,
  1e308,
  0.5,
  "x",
  "__proto__",
  [],
  [null],
  {},
  [1e9, 1e9],
  { a: 1 },
  "x".repeat(10_000),
);

describe("a config.json", () => {
  test("of huge counts is refused at once", () => {
    for (const key of Object.keys(config)) {
      if (key === "model_type") continue;
      const begin = performance.now();
      expect(() => importHuggingFace({ ...config, [key]: 2 ** 40, num_key_value_heads: null }, new Map()), key).toThrow(InterchangeError);
      expect(performance.now() - begin, key).toBeLessThan(1000);
    }
    const all = Object.fromEntries(Object.entries(config).map(([key, value]) => [key, typeof value === "number" ? 1000 : value]));
    expect(() => importHuggingFace(all, new Map())).toThrow(InterchangeError);
  });

  test.each([[null], [[]], ["x"], [3], [true]])("that is %j", (value) =>
    expect(() => importHuggingFace(value, new Map())).toThrow("not an object"),
  );

  test("with anything anywhere ends in an error that names what is wrong", () => {
    const keys = [
      ...Object.keys(config),
      "rope_parameters",
      "rope_scaling",
      "num_nextn_predict_layers",
      "hidden_act",
      "tie_word_embeddings",
      "rope_theta",
      "quantization_config",
    ];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), odd, { minKeys: 1, maxKeys: 4 }), (changes) => {
        try {
          importHuggingFace({ ...config, ...changes }, new Map());
        } catch (error) {
          expect(error).toBeInstanceOf(InterchangeError);
          expect((error as Error).message.length).toBeLessThan(10_000);
          return;
        }
        throw new Error("an empty folder was taken for a model");
      }),
      { numRuns: 500 },
    );
  });
});

describe("a .safetensors file", () => {
  test.each<[string, unknown, string]>([
    ["a header that is null", null, "no object"],
    ["a header that is a list", [], "no object"],
    ["an entry that is null", { a: null }, "a is null"],
    ["a type that is null", { a: { dtype: null, shape: [1], data_offsets: [0, 4] } }, "type null"],
    ["a type of every object", { a: { dtype: "constructor", shape: [1], data_offsets: [0, 4] } }, "type"],
    ["no shape", { a: { dtype: "F32", data_offsets: [0, 4] } }, "shape"],
    ["a shape beyond 2^53", { a: { dtype: "F32", shape: [2 ** 53, 2 ** 53], data_offsets: [0, 4] } }, "shape"],
    ["a shape whose product is beyond 2^53", { a: { dtype: "F32", shape: [2 ** 30, 2 ** 30], data_offsets: [0, 4] } }, "does not fit"],
    ["a shape of a thousand dimensions", { a: { dtype: "F32", shape: new Array(1000).fill(1), data_offsets: [0, 4] } }, "16 whole numbers"],
    ["offsets that go backwards", { a: { dtype: "F32", shape: [1], data_offsets: [4, 0] } }, "does not fit"],
    ["offsets beyond the file", { a: { dtype: "F32", shape: [100], data_offsets: [0, 400] } }, "does not fit"],
    ["offsets beyond 2^53", { a: { dtype: "F32", shape: [1], data_offsets: [2 ** 53, 2 ** 53 + 4] } }, "data_offsets"],
    ["offsets of text", { a: { dtype: "F32", shape: [1], data_offsets: ["0", "4"] } }, "data_offsets"],
    [
      "tensors that share bytes",
      { a: { dtype: "F32", shape: [2], data_offsets: [0, 8] }, b: { dtype: "F32", shape: [2], data_offsets: [4, 12] } },
      "share bytes",
    ],
    ["a header that is no JSON", "{", "JSON"],
  ])("with %s is refused with a sentence", (_what, header, why) => expect(() => decodeSafetensors(container(header))).toThrow(why));

  test("with a header longer than the file", () => {
    const bytes = new Uint8Array(16).fill(255);
    expect(() => decodeSafetensors(bytes)).toThrow("longer than the file");
  });

  test("of any bytes, or any entries, gives tensors that lie in the file or an error", () => {
    const entry = fc.oneof(
      odd,
      fc.record({
        dtype: fc.oneof(fc.constantFrom("F32", "F16", "BF16", "F64", "I8"), odd),
        shape: fc.oneof(fc.array(fc.nat(4), { maxLength: 3 }), odd),
        data_offsets: fc.oneof(fc.tuple(fc.nat(80), fc.nat(80)), odd),
      }),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 64 }),
          fc.dictionary(fc.string({ maxLength: 4 }), entry, { maxKeys: 4 }).map((header) => container(header)),
        ),
        (bytes) => {
          let held = 0;
          try {
            for (const { data } of decodeSafetensors(bytes).tensors.values()) held += data.byteLength;
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
            expect(error).not.toBeInstanceOf(TypeError);
            expect(error).not.toBeInstanceOf(RangeError);
          }
          expect(held).toBeLessThanOrEqual(2 * bytes.length);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("that was written here is read as before", () => {
    const tensors = new Map([
      ["a", { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
      ["b", { shape: [0], data: new Float32Array(0) }],
      ["c", { shape: [], data: Float64Array.of(5) }],
    ]);
    expect(decodeSafetensors(encodeSafetensors(tensors, { format: "pt" }))).toEqual({ tensors, metadata: { format: "pt" } });
  });
});

describe("a model folder", () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "hostile-models-"))));
  afterAll(() => rmSync(folder, { recursive: true }));

  const tensors = container({});
  test.each<[string, (at: string) => void]>([
    ["a folder in place of config.json", (at) => (mkdirSync(join(at, "config.json")), writeFileSync(join(at, "m.safetensors"), tensors))],
    ["a folder in place of the tensors", (at) => (writeFileSync(join(at, "config.json"), "{}"), mkdirSync(join(at, "m.safetensors")))],
    [
      "a device in place of config.json",
      (at) => (symlinkSync("/dev/zero", join(at, "config.json")), writeFileSync(join(at, "m.safetensors"), tensors)),
    ],
    [
      "a device in place of the tensors",
      (at) => (writeFileSync(join(at, "config.json"), "{}"), symlinkSync("/dev/zero", join(at, "m.safetensors"))),
    ],
    [
      "a pipe nobody writes to",
      (at) => (execFileSync("mkfifo", [join(at, "config.json")]), writeFileSync(join(at, "m.safetensors"), tensors)),
    ],
    [
      "a link that leads nowhere",
      (at) => (symlinkSync("nowhere", join(at, "config.json")), writeFileSync(join(at, "m.safetensors"), tensors)),
    ],
    ["a config.json of null", (at) => (writeFileSync(join(at, "config.json"), "null"), writeFileSync(join(at, "m.safetensors"), tensors))],
    [
      "a config.json of megabytes",
      (at) => (writeFileSync(join(at, "config.json"), `{"a":"${"x".repeat(2e6)}"}`), writeFileSync(join(at, "m.safetensors"), tensors)),
    ],
    [
      "a config.json 100,000 lists deep",
      (at) => (
        writeFileSync(join(at, "config.json"), `{"vocab_size":${"[".repeat(1e5)}${"]".repeat(1e5)}}`),
        writeFileSync(join(at, "m.safetensors"), tensors)
      ),
    ],
  ])("with %s is refused", async (what, make) => {
    const at = join(folder, what.replace(/\W/g, "-"));
    mkdirSync(at);
    make(at);
    await expect(readModelFolder(at)).rejects.toThrow(RefusedError);
  });
});
