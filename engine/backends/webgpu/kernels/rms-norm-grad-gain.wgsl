// dy[rows,width], x[rows,width], rstd[rows] → partial[blocks,width]: Σ dy·x·rstd over one block of blockRows rows. One element each.
//use elementwise
fn element(replica: u32, i: u32) {
  let first = (i / width) * blockRows;
  let c = i % width;
  var sum = 0.0;
  for (var r = first; r < min(first + blockRows, rows); r++) {
    sum += dy[replica * dy_stride + r * width + c] * x[replica * x_stride + r * width + c] * rstd[replica * rstd_stride + r];
  }
  put_partial(replica * partial_stride + i, sum);
}
