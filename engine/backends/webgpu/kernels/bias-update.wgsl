// bias[experts], load[groups,experts], scale[1], numbers → bias in place: bias += gamma/groups·Σ_groups rule(mean − load) with
// rule = sign (arXiv 2408.15664, sign(0) = 0) or x/mean; nothing changes when scale is 0. One expert each.
//use elementwise
fn element(replica: u32, e: u32) {
  if (scale[replica * scale_stride] == 0.0) { return; }
  var sum = 0.0;
  for (var g = 0u; g < groups; g++) {
    let load0 = replica * load_stride + g * total;
    var whole = 0.0;
    for (var n = 0u; n < total; n++) { whole += load[load0 + n]; }
    // experts·(mean − load), exact as long as counts are below 2²⁴: a load at the mean must not move the bias
    let error = whole - load[load0 + e] * f32(total);
    if (magnitude) { sum += error / whole; } else { sum += sign(error); }
  }
  bias[replica * bias_stride + e] += numbers[replica * numbers_stride + gammaSlot] / f32(groups) * sum;
}
