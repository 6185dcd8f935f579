// s[length], ds[length] → dlogits = ds·s·(1−s).
//use elementwise
fn element(replica: u32, i: u32) {
  let y = s[replica * s_stride + i];
  put_dlogits(replica * dlogits_stride + i, ds[replica * ds_stride + i] * y * (1.0 - y));
}
