// dy[R,width], rowOfSlot i32[R] → dx[rows,width] = Σ_k dy[rowOfSlot[t·k+n]], in slot order. One element each.
//use elementwise
fn element(replica: u32, i: u32) {
  let t = i / width;
  var sum = 0.0;
  for (var n = 0u; n < k; n++) {
    let r = u32(rowOfSlot[replica * rowOfSlot_stride + t * k + n]);
    sum += dy[replica * dy_stride + r * width + i % width];
  }
  put_dx(replica * dx_stride + i, sum);
}
