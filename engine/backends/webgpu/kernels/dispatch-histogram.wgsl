// 1 of 3. idx i32[slots] → counts i32[blocks,experts]: how often each block of blockSlots slots chose each expert. One count each.
//use elementwise
fn element(replica: u32, i: u32) {
  let first = (i / experts) * blockSlots;
  let e = i32(i % experts);
  var count = 0;
  for (var slot = first; slot < min(first + blockSlots, slots); slot++) {
    if (idx[replica * idx_stride + slot] == e) { count++; }
  }
  put_counts(replica * counts_stride + i, count);
}
