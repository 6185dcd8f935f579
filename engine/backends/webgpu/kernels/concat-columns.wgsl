// a[rows,left], b[rows,right] → c[rows,left+right]. One element each.
//use elementwise
fn element(replica: u32, i: u32) {
  let r = i / (left + right);
  let column = i % (left + right);
  var value = 0.0;
  if (column < left) { value = a[replica * a_stride + r * left + column]; }
  else { value = b[replica * b_stride + r * right + column - left]; }
  put_c(replica * c_stride + i, value);
}
