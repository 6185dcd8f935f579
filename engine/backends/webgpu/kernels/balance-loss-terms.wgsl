// s[rows,experts], idx i32[rows,k], sums[rows] → f[groups,experts], terms[groups,experts] = f·P (arXiv 2412.19437 Eq. 17-20):
// f = experts/(k·groupRows)·count, P = mean of s/Σs over the group's rows. One (group, expert) per workgroup or invocation.
//use row reduce
fn row(replica: u32, r: u32, lane: u32) {
  let first = (r / experts) * groupRows;
  let e = r % experts;
  var share = 0.0;
  var count = 0.0;
  for (var n = lane; n < groupRows; n += lanes) {
    let t = first + n;
    share += s[replica * s_stride + t * experts + e] / sums[replica * sums_stride + t];
    for (var m = 0u; m < k; m++) {
      if (u32(idx[replica * idx_stride + t * k + m]) == e) { count += 1.0; }
    }
  }
  let shares = sum_lanes(lane, share);
  let counts = sum_lanes(lane, count);
  if (lane == 0u) {
    let frequency = counts * f32(experts) / f32(k * groupRows);
    put_f(replica * f_stride + r, frequency);
    put_terms(replica * terms_stride + r, frequency * shares / f32(groupRows));
  }
}
