// terms[length], numbers → loss[1] = numbers[number]·Σ terms / groups. One workgroup.
//use row reduce
fn row(replica: u32, r: u32, lane: u32) {
  var sum = 0.0;
  for (var i = lane; i < length; i += lanes) { sum += terms[replica * terms_stride + i]; }
  let all = sum_lanes(lane, sum);
  if (lane == 0u) { put_loss(replica * loss_stride, numbers[replica * numbers_stride + number] * all / f32(groups)); }
}
