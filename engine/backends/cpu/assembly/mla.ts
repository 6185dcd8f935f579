import { row } from "./embedding";

/** kv[rows, H·(nope+v)], kRope[rows,rope] → k[rows, H·(nope+rope)], v[rows, H·v] */
export function mlaAssemble(kv: usize, kRope: usize, k: usize, v: usize, rows: i32, heads: i32, nope: i32, rope: i32, vDim: i32): void {
  const nopeBytes = <usize>nope << 2, ropeBytes = <usize>rope << 2, vBytes = <usize>vDim << 2;
  for (let r = 0; r < rows; r++, kRope += ropeBytes) {
    for (let h = 0; h < heads; h++, kv += nopeBytes + vBytes, k += nopeBytes + ropeBytes, v += vBytes) {
      row(kv, k, nope, false);
      row(kRope, k + nopeBytes, rope, false);
      row(kv + nopeBytes, v, vDim, false);
    }
  }
}

/** dk, dv → dkv, dkRope (summed over heads in order) */
export function mlaAssembleGrad(dk: usize, dv: usize, dkv: usize, dkRope: usize, rows: i32, heads: i32, nope: i32, rope: i32, vDim: i32): void {
  const nopeBytes = <usize>nope << 2, ropeBytes = <usize>rope << 2, vBytes = <usize>vDim << 2;
  for (let r = 0; r < rows; r++, dkRope += ropeBytes) {
    for (let h = 0; h < heads; h++, dkv += nopeBytes + vBytes, dk += nopeBytes + ropeBytes, dv += vBytes) {
      row(dk, dkv, nope, false);
      row(dk + nopeBytes, dkRope, rope, h > 0);
      row(dv, dkv + nopeBytes, vDim, false);
    }
  }
}
