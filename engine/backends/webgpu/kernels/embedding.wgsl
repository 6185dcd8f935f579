// ids i32[rows], table[vocab,width] → y[rows,width] = table[ids]. One element each.
//use elementwise
fn element(replica: u32, i: u32) {
  let id = u32(ids[replica * ids_stride + i / width]);
  put_y(replica * y_stride + i, table[replica * table_stride + id * width + i % width]);
}
