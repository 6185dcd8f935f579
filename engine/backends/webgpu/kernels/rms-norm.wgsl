// x[rows,width], gain[width] → y[rows,width] = x·rstd·gain, rstd[rows] = 1/sqrt(mean(x²)+eps). One row per workgroup or invocation.
//use row reduce
fn row(replica: u32, r: u32, lane: u32) {
  let x0 = replica * x_stride + r * width;
  var squares = 0.0;
  for (var c = lane; c < width; c += lanes) { squares += x[x0 + c] * x[x0 + c]; }
  let scale = 1.0 / sqrt(sum_lanes(lane, squares) / f32(width) + eps);
  for (var c = lane; c < width; c += lanes) {
    put_y(replica * y_stride + r * width + c, x[x0 + c] * scale * gain[replica * gain_stride + c]);
  }
  if (lane == 0u) { put_rstd(replica * rstd_stride + r, scale); }
}
