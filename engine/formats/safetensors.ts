/**
 * The safetensors container: 8 bytes little-endian header length, a JSON header, raw little-endian data.
 * Written: F32 and F64 (what the float64 reference backend keeps), in the precision of the data. Read: BF16 and F16 too, widened
 * without loss. Nothing is executed, every offset is checked.
 */
export interface NamedTensor {
  shape: readonly number[];
  data: Float32Array | Float64Array;
}

export function encodeSafetensors(tensors: Map<string, NamedTensor>, metadata: Record<string, string> = {}): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    const bytes = data.byteLength;
    header[name] = { dtype: data instanceof Float32Array ? "F32" : "F64", shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const out = new Uint8Array(8 + headerLength + offset);
  out.fill(0x20, 8, 8 + headerLength);
  out.set(json, 8);
  new DataView(out.buffer).setBigUint64(0, BigInt(headerLength), true);
  let at = 8 + headerLength;
  for (const { data } of tensors.values()) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return out;
}

export function decodeSafetensors(bytes: Uint8Array): { tensors: Map<string, NamedTensor>; metadata: Record<string, string> } {
  if (bytes.length < 8) throw new Error("not a safetensors file: shorter than its header length");
  const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const start = 8 + headerLength;
  if (start > bytes.length) throw new Error("not a safetensors file: the header is longer than the file");
  const header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, start))) as Record<string, unknown>;
  const tensors = new Map<string, NamedTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const { dtype, shape, data_offsets: offsets } = entry as { dtype: string; shape: number[]; data_offsets: [number, number] };
    const type = Object.hasOwn(readable, dtype) ? readable[dtype as keyof typeof readable] : null;
    if (!type) throw new Error(`${name} has type ${dtype}; ${Object.keys(readable).join(", ")} are read`);
    const length = shape.reduce((product, n) => (Number.isSafeInteger(n) && n >= 0 ? product * n : NaN), 1);
    if (offsets[1] - offsets[0] !== length * type.width || start + offsets[1] > bytes.length || offsets[0] < 0)
      throw new Error(`${name} does not fit: [${shape}] of ${dtype} at ${offsets}, file of ${bytes.length} bytes`);
    // A copy, because data need not be aligned to its element size in the file.
    const raw = Uint8Array.from(bytes.subarray(start + offsets[0], start + offsets[1])).buffer;
    tensors.set(name, { shape, data: type.read(raw) });
  }
  return { tensors, metadata: (header.__metadata__ ?? {}) as Record<string, string> };
}

const readable = {
  F32: { width: 4, read: (raw: ArrayBuffer) => new Float32Array(raw) },
  F64: { width: 8, read: (raw: ArrayBuffer) => new Float64Array(raw) },
  // the upper half of a float32
  BF16: { width: 2, read: (raw: ArrayBuffer) => new Float32Array(Uint32Array.from(new Uint16Array(raw), (bits) => bits << 16).buffer) },
  F16: { width: 2, read: (raw: ArrayBuffer) => Float32Array.from(new Uint16Array(raw), halfToNumber) },
};

/** IEEE binary16: 1 sign bit, 5 of exponent (bias 15), 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
