import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from "./safetensors.ts";

/** A file with this header and these data, whatever sense they make together. */
function file(header: object, data: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const tensor: fc.Arbitrary<NamedTensor> = fc.array(fc.nat(4), { maxLength: 3 }).chain((shape) => {
  const length = shape.reduce((a, b) => a * b, 1);
  return fc
    .oneof(fc.float32Array({ minLength: length, maxLength: length }), fc.float64Array({ minLength: length, maxLength: length }))
    .map((data) => ({ shape, data }));
});

describe("a safetensors file", () => {
  test("gives back every tensor bit for bit, scalars and empty ones too", () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((name) => name !== "__metadata__" && name !== "__proto__"),
          tensor,
        ),
        (tensors) => {
          const written = new Map(Object.entries(tensors));
          const { tensors: read, metadata } = decodeSafetensors(encodeSafetensors(written, { format: "pt" }));
          expect(read).toEqual(written);
          expect(metadata).toEqual({ format: "pt" });
        },
      ),
    );
  });

  test("is read at any place in a larger buffer, as Node's small files lie in a shared pool", () => {
    const bytes = encodeSafetensors(new Map([["x", { shape: [2], data: Float64Array.of(1.5, -2) }]]));
    const pool = Buffer.alloc(bytes.length + 9, 0xff);
    pool.set(bytes, 3);
    expect(decodeSafetensors(pool.subarray(3, 3 + bytes.length)).tensors.get("x")?.data).toEqual(Float64Array.of(1.5, -2));
  });

  test("may hold half precision, which widens without loss", () => {
    const patterns = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x8000);
    const half = decodeSafetensors(file({ x: { dtype: "F16", shape: [6], data_offsets: [0, 12] } }, new Uint8Array(patterns.buffer)));
    expect(half.tensors.get("x")?.data).toEqual(Float32Array.of(1, -2, 2 ** -24, 65504, Infinity, -0));
    const brain = decodeSafetensors(
      file({ x: { dtype: "BF16", shape: [3], data_offsets: [0, 6] } }, new Uint8Array(Uint16Array.of(0x3f80, 0xc049, 0x7f80).buffer)),
    );
    expect(brain.tensors.get("x")?.data).toEqual(Float32Array.of(1, -3.140625, Infinity));
  });

  test.each([
    ["data_offsets that leave the file", { dtype: "F32", shape: [4], data_offsets: [0, 16] }],
    ["data_offsets before its start", { dtype: "F32", shape: [2], data_offsets: [-8, 0] }],
    ["a shape that its bytes do not fill", { dtype: "F32", shape: [1], data_offsets: [0, 8] }],
    ["negative sizes whose product fits", { dtype: "F32", shape: [-1, -2], data_offsets: [0, 8] }],
    ["a type that is not read", { dtype: "I64", shape: [1], data_offsets: [0, 8] }],
    ["a type named like a method of every object", { dtype: "toString", shape: [1], data_offsets: [0, 8] }],
  ])("is refused for %s, by the tensor's name", (_, entry) => {
    expect(() => decodeSafetensors(file({ "some.weight": entry }, new Uint8Array(8)))).toThrow(/^some\.weight /);
  });

  test("is refused when it ends within its header", () => {
    const bytes = encodeSafetensors(new Map([["x", { shape: [1], data: Float32Array.of(1) }]]));
    expect(() => decodeSafetensors(bytes.subarray(0, 20))).toThrow(/header/);
    expect(() => decodeSafetensors(bytes.subarray(0, 4))).toThrow(/header/);
  });
});
