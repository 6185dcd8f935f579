// 2 of 2. squares[count], numbers → norm[1] = gradScale·sqrt(Σ squares), scale[1] = gradScale·min(1, clipNorm/norm), 0 when the norm is not
// finite. One workgroup. WGSL may assume that no NaN or infinity exists and fold x != x away: the exponent's bits are tested instead.
//use row reduce
fn row(replica: u32, r: u32, lane: u32) {
  var sum = 0.0;
  for (var i = lane; i < count; i += lanes) { sum += squares[replica * squares_stride + i]; }
  let all = sum_lanes(lane, sum);
  if (lane == 0u) {
    let gradScale = numbers[replica * numbers_stride + gradScaleSlot];
    let clipNorm = numbers[replica * numbers_stride + clipNormSlot];
    let size = abs(gradScale) * sqrt(all);
    var factor = gradScale;
    if (size > clipNorm) { factor = gradScale * clipNorm / size; }
    let finite = (bitcast<u32>(all) & 0x7f800000u) != 0x7f800000u && (bitcast<u32>(size) & 0x7f800000u) != 0x7f800000u;
    put_norm(replica * norm_stride, size);
    put_scale(replica * scale_stride, select(0.0, factor, finite));
  }
}
