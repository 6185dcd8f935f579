// gu[rows,2·width], dh[rows,width] → dgu[rows,2·width]. One (gate, up) pair each.
//use elementwise sigmoid
fn element(replica: u32, i: u32) {
  let at = (i / width) * 2u * width + i % width;
  let gate = gu[replica * gu_stride + at];
  let up = gu[replica * gu_stride + at + width];
  let d = dh[replica * dh_stride + i];
  let s = logistic(gate);
  put_dgu(replica * dgu_stride + at, d * up * s * (1.0 + gate * (1.0 - s)));
  put_dgu(replica * dgu_stride + at + width, d * gate * s);
}
