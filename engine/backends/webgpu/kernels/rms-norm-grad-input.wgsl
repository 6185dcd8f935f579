// dy[rows,width], x[rows,width], gain[width], rstd[rows] → dx = rstd·(g − x·rstd²·mean(g·x)), g = dy·gain. One row per workgroup or invocation.
//use row reduce
fn row(replica: u32, r: u32, lane: u32) {
  let x0 = replica * x_stride + r * width;
  let dy0 = replica * dy_stride + r * width;
  let gain0 = replica * gain_stride;
  var dot = 0.0;
  for (var c = lane; c < width; c += lanes) { dot += dy[dy0 + c] * gain[gain0 + c] * x[x0 + c]; }
  let scale = rstd[replica * rstd_stride + r];
  let along = scale * scale * sum_lanes(lane, dot) / f32(width);
  for (var c = lane; c < width; c += lanes) {
    put_dx(replica * dx_stride + r * width + c, scale * (dy[dy0 + c] * gain[gain0 + c] - x[x0 + c] * along));
  }
}
