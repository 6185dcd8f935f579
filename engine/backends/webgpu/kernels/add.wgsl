// a[length], b[length] (, c[length]) → y = their sum, left to right.
//use elementwise
fn element(replica: u32, i: u32) {
  var sum = a[replica * a_stride + i] + b[replica * b_stride + i];
  //if three
  sum += c[replica * c_stride + i];
  //end
  put_y(replica * y_stride + i, sum);
}
