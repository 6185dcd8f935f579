// c[rows,left+right] → a[rows,left], b[rows,right]. One element each.
//use elementwise
fn element(replica: u32, i: u32) {
  let r = i / (left + right);
  let column = i % (left + right);
  let value = c[replica * c_stride + i];
  if (column < left) { put_a(replica * a_stride + r * left + column, value); }
  else { put_b(replica * b_stride + r * right + column - left, value); }
}
