// gu[rows,2·width] (gate columns first) → h[rows,width] = silu(gate)·up. One element each.
//use elementwise sigmoid
fn element(replica: u32, i: u32) {
  let at = replica * gu_stride + (i / width) * 2u * width + i % width;
  put_h(replica * h_stride + i, gu[at] * logistic(gu[at]) * gu[at + width]);
}
