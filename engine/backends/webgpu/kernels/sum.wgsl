// x[length] → y[1] = factor·Σ x. One workgroup.
//use row reduce
fn row(replica: u32, r: u32, lane: u32) {
  var sum = 0.0;
  for (var i = lane; i < length; i += lanes) { sum += x[replica * x_stride + i]; }
  let all = sum_lanes(lane, sum);
  if (lane == 0u) { put_y(replica * y_stride, all * factor); }
}
