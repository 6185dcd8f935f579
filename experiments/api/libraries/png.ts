/** PNG (ISO/IEC 15948) without compression: the sandbox has no codec, and the pictures are small. */

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return ((b << 16) | a) >>> 0;
}

const uint32 = (value: number): number[] => [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];

function chunk(type: string, data: Uint8Array): Uint8Array[] {
  const body = new Uint8Array(4 + data.length);
  for (let i = 0; i < 4; i++) body[i] = type.charCodeAt(i);
  body.set(data, 4);
  return [Uint8Array.from(uint32(data.length)), body, Uint8Array.from(uint32(crc32(body)))];
}

/** A zlib stream of stored blocks (RFC 1950, RFC 1951 §3.2.4). */
function stored(data: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [Uint8Array.of(0x78, 0x01)];
  for (let at = 0; at === 0 || at < data.length; at += 0xffff) {
    const part = data.subarray(at, at + 0xffff);
    const length = [part.length & 0xff, part.length >>> 8];
    blocks.push(Uint8Array.of(at + 0xffff >= data.length ? 1 : 0, ...length, ~length[0] & 0xff, ~length[1] & 0xff), part);
  }
  return joined([...blocks, Uint8Array.from(uint32(adler32(data)))]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function base64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const [a, b = 0, c = 0] = bytes.subarray(i, i + 3);
    const left = bytes.length - i;
    parts.push(
      letters[a >> 2] +
        letters[((a & 3) << 4) | (b >> 4)] +
        (left > 1 ? letters[((b & 15) << 2) | (c >> 6)] : "=") +
        (left > 2 ? letters[c & 63] : "="),
    );
  }
  return parts.join("");
}

/** @param pixels RGBA, `4 * width * height`, rows from the top */
export function pngDataUrl(width: number, height: number, pixels: Uint8ClampedArray): string {
  const rows = new Uint8Array(height * (1 + 4 * width));
  // each row begins with its filter: 0, none
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(4 * y * width, 4 * (y + 1) * width), y * (1 + 4 * width) + 1);
  const header = Uint8Array.of(...uint32(width), ...uint32(height), 8, 6, 0, 0, 0);
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return `data:image/png;base64,${base64(joined([signature, ...chunk("IHDR", header), ...chunk("IDAT", stored(rows)), ...chunk("IEND", new Uint8Array())]))}`;
}
