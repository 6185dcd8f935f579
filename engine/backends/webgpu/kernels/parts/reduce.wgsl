// Sum over the 64 lanes of a workgroup in a fixed tree; every lane gets the result.
var<workgroup> reduced: array<f32, 64>;
fn sum_lanes(lane: u32, value: f32) -> f32 {
  workgroupBarrier();
  reduced[lane] = value;
  for (var half = 32u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) { reduced[lane] += reduced[lane + half]; }
  }
  workgroupBarrier();
  return reduced[0];
}
