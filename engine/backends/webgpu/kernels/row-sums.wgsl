// s[rows,experts] → sums[rows] = Σ_e s. One row each.
//use elementwise
fn element(replica: u32, r: u32) {
  var sum = 0.0;
  for (var e = 0u; e < experts; e++) { sum += s[replica * s_stride + r * experts + e]; }
  put_sums(replica * sums_stride + r, sum);
}
