// s[rows,experts], idx i32[rows,k], dg[rows,k] → ds[rows,experts], zero for experts not chosen. One element of ds each.
//use elementwise
fn element(replica: u32, i: u32) {
  let r = i / experts;
  let e = i % experts;
  var sum = 0.0;
  var dot = 0.0;
  var chosen = false;
  var upstream = 0.0;
  for (var n = 0u; n < k; n++) {
    let expert = u32(idx[replica * idx_stride + r * k + n]);
    let score = s[replica * s_stride + r * experts + expert];
    let d = dg[replica * dg_stride + r * k + n];
    sum += score;
    dot += d * score;
    if (expert == e) { chosen = true; upstream = d; }
  }
  var value = 0.0;
  if (chosen) {
    value = upstream * scale;
    if (normalise) { let whole = sum + 1e-20; value = scale * (upstream - dot / whole) / whole; }
  }
  put_ds(replica * ds_stride + i, value);
}
