// partial[rows,width] → y[width] = Σ over rows, in row order. One element each.
//use elementwise
fn element(replica: u32, i: u32) {
  var sum = 0.0;
  for (var r = 0u; r < rows; r++) { sum += partial[replica * partial_stride + r * total + i]; }
  put_y(replica * y_stride + i, sum);
}
