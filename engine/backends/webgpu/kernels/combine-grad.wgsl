// dy[rows,width], z[R,width], g[rows,k], rowOfSlot i32[R] → dz[R,width] = g·dy, dg[rows,k] = dy·z. One slot per workgroup or invocation.
//use row reduce
fn row(replica: u32, slot: u32, lane: u32) {
  let r = u32(rowOfSlot[replica * rowOfSlot_stride + slot]);
  let gate = g[replica * g_stride + slot];
  var dot = 0.0;
  for (var c = lane; c < width; c += lanes) {
    let d = dy[replica * dy_stride + (slot / k) * width + c];
    dot += d * z[replica * z_stride + r * width + c];
    put_dz(replica * dz_stride + r * width + c, gate * d);
  }
  let sum = sum_lanes(lane, dot);
  if (lane == 0u) { put_dg(replica * dg_stride + slot, sum); }
}
