/** How many pixels a picture unfolds to, from its first bytes: a kilobyte of PNG can hold gigabytes. */

const mostPixels = 16_000_000;

/** @param url `data:image/…;base64,…` */
export function isSmallPicture(url: string): boolean {
  const bytes = decode(url.slice(url.indexOf(",") + 1));
  const size = bytes && sizeOf(bytes);
  return size !== null && size[0] * size[1] <= mostPixels;
}

function decode(base64: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

function sizeOf(bytes: Uint8Array): [number, number] | null {
  const view = new DataView(bytes.buffer);
  const letters = (at: number, length: number) => String.fromCharCode(...bytes.subarray(at, at + length));
  if (bytes.length >= 24 && letters(1, 3) === "PNG") return [view.getUint32(16), view.getUint32(20)];
  if (bytes.length >= 10 && letters(0, 3) === "GIF") return [view.getUint16(6, true), view.getUint16(8, true)];
  if (bytes.length >= 4 && view.getUint16(0) === 0xffd8) return jpegSize(view);
  if (bytes.length >= 30 && letters(8, 4) === "WEBP") return webpSize(view, letters(12, 4));
  return null;
}

/** The first frame header (SOF0 to SOF15, without the tables DHT, JPG and DAC). */
function jpegSize(view: DataView): [number, number] | null {
  for (let at = 2; at + 9 < view.byteLength; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1);
    if (view.getUint8(at) !== 0xff) return null;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return [view.getUint16(at + 7), view.getUint16(at + 5)];
  }
  return null;
}

function webpSize(view: DataView, kind: string): [number, number] | null {
  const uint24 = (at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  if (kind === "VP8X") return [uint24(24) + 1, uint24(27) + 1];
  if (kind === "VP8 ") return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
  const bits = view.getUint32(21, true);
  return kind === "VP8L" ? [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1] : null;
}
