/**
 * The safetensors container: 8 bytes little-endian header length, a JSON header, raw little-endian data.
 * Written: F32 and F64 (what the float64 reference backend keeps), in the precision of the data. Read: BF16 and F16 too, widened
 * without loss. Nothing is executed, every offset is checked.
 */
import { shown } from "./interchange-error.ts";

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
  if (headerLength > longestHeader) throw new Error(`the header has ${headerLength} bytes; ${longestHeader} are read`);
  const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, start)));
  if (!isRecord(header)) throw new Error("not a safetensors file: the header is no object");
  const entries = Object.entries(header).filter(([name]) => name !== "__metadata__");
  if (entries.length > mostTensors) throw new Error(`the file has ${entries.length} tensors; ${mostTensors} are read`);
  const found = entries.map(([name, entry]) => readEntry(name, entry, bytes.length - start));
  refuseOverlaps(found);
  const tensors = new Map<string, NamedTensor>();
  for (const { name, type, shape, from, to } of found) {
    // A copy, because data need not be aligned to its element size in the file.
    const raw = Uint8Array.from(bytes.subarray(start + from, start + to)).buffer;
    tensors.set(name, { shape, data: type.read(raw) });
  }
  const metadata = isRecord(header.__metadata__)
    ? Object.entries(header.__metadata__).filter(([, value]) => typeof value === "string")
    : [];
  return { tensors, metadata: Object.fromEntries(metadata) as Record<string, string> };
}

/** As the format's own reader has it. */
const longestHeader = 100_000_000;
const mostTensors = 200_000;

interface Entry {
  name: string;
  type: (typeof readable)[keyof typeof readable];
  shape: readonly number[];
  from: number;
  to: number;
}

function readEntry(name: string, entry: unknown, length: number): Entry {
  if (!isRecord(entry)) throw new Error(`${name} is ${shown(entry)}, not { dtype, shape, data_offsets }`);
  const { dtype, shape, data_offsets: offsets } = entry;
  const type = typeof dtype === "string" && Object.hasOwn(readable, dtype) ? readable[dtype as keyof typeof readable] : null;
  if (!type) throw new Error(`${name} has type ${shown(dtype)}; ${Object.keys(readable).join(", ")} are read`);
  if (!isCounts(shape) || shape.length > 16) throw new Error(`${name} has shape ${shown(shape)}, not a list of up to 16 whole numbers`);
  if (!isCounts(offsets) || offsets.length !== 2) throw new Error(`${name} has data_offsets ${shown(offsets)}, not two whole numbers`);
  const [from, to] = offsets;
  const values = shape.reduce((product, n) => product * n, 1);
  if (to - from !== values * type.width || to > length)
    throw new Error(`${name} does not fit: [${shape}] of ${shown(dtype)} at ${offsets}, ${length} bytes of data`);
  return { name, type, shape, from, to };
}

/** Each byte belongs to one tensor: a small file could otherwise describe any number of large ones. */
function refuseOverlaps(entries: readonly Entry[]): void {
  const inOrder = entries.filter(({ from, to }) => to > from).sort((a, b) => a.from - b.from);
  for (let i = 1; i < inOrder.length; i++)
    if (inOrder[i].from < inOrder[i - 1].to) throw new Error(`${inOrder[i].name} and ${inOrder[i - 1].name} share bytes of the file`);
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

const isCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);

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
