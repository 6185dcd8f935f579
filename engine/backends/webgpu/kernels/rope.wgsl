// x[rows,heads·headDim], angles[seqLen,ropeDim/2,2] (cos, sin) → y: the last ropeDim columns of each head rotated in
// pairs (2j,2j+1), backwards if inverse; the others copied. The table is computed in float64 on the host: WGSL's sin and cos promise only 2⁻¹¹.
//use elementwise
fn element(replica: u32, i: u32) {
  let x0 = replica * x_stride;
  let c = i % headDim;
  var value = x[x0 + i];
  if (c >= headDim - ropeDim) {
    let rotated = c - (headDim - ropeDim);
    let position = (i / (heads * headDim)) % seqLen;
    let at = (position * (ropeDim / 2u) + rotated / 2u) * 2u;
    let cosine = angles[at];
    let sine = select(angles[at + 1u], -angles[at + 1u], inverse);
    if (rotated % 2u == 0u) { value = value * cosine - x[x0 + i + 1u] * sine; }
    else { value = x[x0 + i - 1u] * sine + value * cosine; }
  }
  put_y(replica * y_stride + i, value);
}
