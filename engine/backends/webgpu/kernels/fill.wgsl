// → y[length] = value everywhere.
//use elementwise
fn element(replica: u32, i: u32) {
  put_y(replica * y_stride + i, value);
}
