// s[rows,experts], idx i32[rows,k] → g[rows,k] = s[idx] (÷ (Σ s[idx] + 1e-20) if normalise) · scale. One row each.
//use elementwise
fn element(replica: u32, r: u32) {
  var sum = 0.0;
  for (var n = 0u; n < k; n++) { sum += s[replica * s_stride + r * experts + u32(idx[replica * idx_stride + r * k + n])]; }
  for (var n = 0u; n < k; n++) {
    var gate = s[replica * s_stride + r * experts + u32(idx[replica * idx_stride + r * k + n])];
    if (normalise) { gate = gate / (sum + 1e-20); }
    put_g(replica * g_stride + r * k + n, gate * scale);
  }
}
