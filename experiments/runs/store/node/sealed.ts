/**
 * Node-only: safetensors files with a checksum in their metadata, so that a bit that changed on a disk is found before it changes a result.
 * They stay safetensors files that any program reads.
 */
import { createHash } from "node:crypto";

const name = "switchyard.sha256";

/** The same file with a checksum over everything in it. */
export function seal(bytes: Uint8Array): Uint8Array {
  const { header, data } = split(bytes);
  return join({ ...header, __metadata__: { ...header.__metadata__, [name]: digestOf(header, data) } }, data);
}

/**
 * The file as it was before it was sealed. One without a seal is handed back as it is, unless a seal is asked for.
 * @throws {Error} with the reason when it is damaged
 */
export function unseal(bytes: Uint8Array, { required = false } = {}): Uint8Array {
  const { header, data } = split(bytes);
  const { [name]: digest, ...metadata } = header.__metadata__ ?? {};
  if (digest === undefined) {
    if (required) throw new Error("it has no checksum");
    return bytes;
  }
  const original = { ...header, __metadata__: metadata };
  if (digestOf(original, data) !== digest) throw new Error("its checksum is not that of its content");
  return join(original, data);
}

type Header = Record<string, unknown> & { __metadata__?: Record<string, string> };

function split(bytes: Uint8Array): { header: Header; data: Uint8Array } {
  if (bytes.length < 8) throw new Error("not a safetensors file: shorter than its header length");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(bytes.length - 8)) throw new Error("not a safetensors file: the header is longer than the file");
  const start = 8 + Number(length);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, start)));
  } catch {
    throw new Error("not a safetensors file: the header is not JSON");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw new Error("not a safetensors file: the header is no object");
  const { __metadata__: metadata } = header as Header;
  if (metadata !== undefined && (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)))
    throw new Error("not a safetensors file: the metadata is no object");
  return { header: header as Header, data: bytes.subarray(start) };
}

/** @see https://github.com/huggingface/safetensors#format */
function join(header: Header, data: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.fill(0x20, 8, 8 + length);
  bytes.set(json, 8);
  bytes.set(data, 8 + length);
  return bytes;
}

const digestOf = (header: Header, data: Uint8Array): string =>
  createHash("sha256").update(JSON.stringify(header)).update(data).digest("hex");
