// dy[rows,width], order i32[rows], starts i32[vocab+1] → dTable[vocab,width]. Each element owns its sum over the rows of its id.
//use elementwise
fn element(replica: u32, i: u32) {
  let id = i / width;
  let end = u32(starts[replica * starts_stride + id + 1u]);
  var sum = 0.0;
  for (var at = u32(starts[replica * starts_stride + id]); at < end; at++) {
    sum += dy[replica * dy_stride + u32(order[replica * order_stride + at]) * width + i % width];
  }
  put_dTable(replica * dTable_stride + i, sum);
}
