// idx i32[rows,k] → load[groups,experts]: how often each expert was chosen in each run of groupSlots = groupRows·k slots. One count per workgroup or invocation.
//use row reduce
fn row(replica: u32, r: u32, lane: u32) {
  let first = (r / experts) * groupSlots;
  let e = i32(r % experts);
  var count = 0u;
  for (var slot = lane; slot < groupSlots; slot += lanes) {
    if (idx[replica * idx_stride + first + slot] == e) { count++; }
  }
  let sum = sum_lanes(lane, f32(count));
  if (lane == 0u) { put_load(replica * load_stride + r, sum); }
}
