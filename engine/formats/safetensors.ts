/**
 * The safetensors container: 8 bytes little-endian header length, a JSON header, raw little-endian data.
 * F32 and F64 (what the float64 reference backend keeps), in the precision of the data. Nothing is executed, every offset is checked.
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
    const width = dtype === "F32" ? 4 : dtype === "F64" ? 8 : 0;
    if (width === 0) throw new Error(`${name} has type ${dtype}; F32 and F64 are read`);
    const length = shape.reduce((product, n) => product * n, 1);
    if (offsets[1] - offsets[0] !== length * width || start + offsets[1] > bytes.length || offsets[0] < 0)
      throw new Error(`${name} does not fit: [${shape}] of ${dtype} at ${offsets}, file of ${bytes.length} bytes`);
    // A copy, because data need not be aligned to its element size in the file.
    const raw = bytes.slice(start + offsets[0], start + offsets[1]).buffer;
    tensors.set(name, { shape, data: width === 4 ? new Float32Array(raw) : new Float64Array(raw) });
  }
  return { tensors, metadata: (header.__metadata__ ?? {}) as Record<string, string> };
}
