// z[R,width], g[rows,k], rowOfSlot i32[R] → y[rows,width] = Σ_k g[t,k]·z[rowOfSlot[t·k+n]], in slot order. One element each.
//use elementwise
fn element(replica: u32, i: u32) {
  let t = i / width;
  var sum = 0.0;
  for (var n = 0u; n < k; n++) {
    let r = u32(rowOfSlot[replica * rowOfSlot_stride + t * k + n]);
    sum += g[replica * g_stride + t * k + n] * z[replica * z_stride + r * width + i % width];
  }
  put_y(replica * y_stride + i, sum);
}
