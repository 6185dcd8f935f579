// terms[length], numbers → loss[1] = numbers[number]·Σ terms / groups, and nothing of the terms, finite or not, where the number is 0:
// such a loss is another replica's. One workgroup.
//use row reduce
fn row(replica: u32, r: u32, lane: u32) {
  var sum = 0.0;
  for (var i = lane; i < length; i += lanes) { sum += terms[replica * terms_stride + i]; }
  let all = sum_lanes(lane, sum);
  if (lane == 0u) {
    let weight = numbers[replica * numbers_stride + number];
    var loss = 0.0;
    if (weight != 0.0) { loss = weight * all / f32(groups); }
    put_loss(replica * loss_stride, loss);
  }
}
