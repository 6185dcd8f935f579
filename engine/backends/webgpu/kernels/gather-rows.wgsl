// x[rows,width], slotOfRow i32[R] → y[R,width], y[r] = x[⌊slotOfRow[r]/k⌋]. One element each.
//use elementwise
fn element(replica: u32, i: u32) {
  let token = u32(slotOfRow[replica * slotOfRow_stride + i / width]) / k;
  put_y(replica * y_stride + i, x[replica * x_stride + token * width + i % width]);
}
