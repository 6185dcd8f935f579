/** Numbers as a reader wants them: only the digits they deserve, a true minus sign, no exponent in the everyday range. */
import { format } from "d3-format";

/** d3 writes U+2212 for minus; a number that is not finite is named. */
function fixed(value: number, digits: number): string {
  if (Number.isNaN(value)) return "n/a";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  // no "−0.00"
  return format(`.${digits}f`)(Number(value.toFixed(digits)) === 0 ? 0 : value);
}

/** Decimals that show two significant digits of `scale`, a spread or a half width. */
function decimalsFor(scale: number): number {
  if (!Number.isFinite(scale) || scale === 0) return 3;
  return Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(Math.abs(scale)))));
}

/** `value` to two digits of its uncertainty; four significant digits where there is none. */
export function formatValue(value: number, uncertainty = NaN): string {
  if (Number.isFinite(uncertainty) && uncertainty > 0) return tooLong(value) ? scientific(value) : fixed(value, decimalsFor(uncertainty));
  if (value === 0 || !Number.isFinite(value)) return fixed(value, 0);
  if (tooLong(value)) return scientific(value);
  if (Number.isInteger(value)) return formatCount(value);
  return fixed(value, Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value)))));
}

/** The same with a sign: "+0.012", "−0.031", "0". */
export function formatSigned(value: number, uncertainty = NaN): string {
  const text = formatValue(value, uncertainty);
  return value > 0 && /[1-9∞]/.test(text) ? `+${text}` : text;
}

/** "12,345". */
export function formatCount(value: number): string {
  return Number.isFinite(value) ? format(",.0f")(value) : fixed(value, 0);
}

/** "277 k", "1.2 M": three digits and an SI prefix, for parameters, tokens and FLOPs. */
export function formatQuantity(value: number): string {
  if (!Number.isFinite(value) || value === 0) return fixed(value, 0);
  return format(".3~s")(value).replace(/([a-zA-Zµ])$/, " $1");
}

/** "0.031" or "< 0.001". */
export function formatP(p: number): string {
  return p < 0.001 ? "< 0.001" : fixed(p, p < 0.1 ? 3 : 2);
}

/** "45 s", "4 min 12 s", "2 h 5 min". */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return fixed(seconds, 0);
  if (seconds < 10) return `${fixed(seconds, 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function tooLong(value: number): boolean {
  const size = Math.abs(value);
  return size >= 1e7 || (size > 0 && size < 1e-5);
}

function scientific(value: number): string {
  return format(".2e")(value).replace("e-", "e−");
}
