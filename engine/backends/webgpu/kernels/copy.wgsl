// x[length] → y[length] = x.
//use elementwise
fn element(replica: u32, i: u32) {
  put_y(replica * y_stride + i, x[replica * x_stride + i]);
}
