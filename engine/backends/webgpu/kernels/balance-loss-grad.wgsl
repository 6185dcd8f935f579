// s[rows,experts], f[groups,experts], numbers → ds = numbers[number]/(groups·groupRows)·(f_i − Σ_j f_j s_j/Σs)/Σs, and 0 where the number is, whatever s is: such a loss is
// another replica's. One row each.
//use elementwise
fn element(replica: u32, r: u32) {
  let s0 = replica * s_stride + r * experts;
  let f0 = replica * f_stride + (r / groupRows) * experts;
  let weight = numbers[replica * numbers_stride + number];
  if (weight == 0.0) {
    for (var e = 0u; e < experts; e++) { put_ds(replica * ds_stride + r * experts + e, 0.0); }
    return;
  }
  var sum = 0.0;
  var dot = 0.0;
  for (var e = 0u; e < experts; e++) { sum += s[s0 + e]; dot += f[f0 + e] * s[s0 + e]; }
  let factor = weight / f32(total) / sum;
  for (var e = 0u; e < experts; e++) { put_ds(replica * ds_stride + r * experts + e, factor * (f[f0 + e] - dot / sum)); }
}
