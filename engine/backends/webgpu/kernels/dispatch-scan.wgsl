// 2 of 3. counts i32[blocks,experts] → starts i32[experts+1], firsts i32[blocks,experts]: the row of each block's first slot of each
// expert. One workgroup: lanes own experts, then one lane adds the experts up, then lanes place their blocks.
//use row
var<workgroup> totals: array<i32, experts>;
fn row(replica: u32, r: u32, lane: u32) {
  for (var e = lane; e < experts; e += lanes) {
    var sum = 0;
    for (var b = 0u; b < blocks; b++) { sum += counts[replica * counts_stride + b * experts + e]; }
    totals[e] = sum;
  }
  workgroupBarrier();
  if (lane == 0u) {
    var running = 0;
    for (var e = 0u; e < experts; e++) {
      let count = totals[e];
      put_starts(replica * starts_stride + e, running);
      totals[e] = running;
      running += count;
    }
    put_starts(replica * starts_stride + experts, running);
  }
  workgroupBarrier();
  for (var e = lane; e < experts; e += lanes) {
    var running = totals[e];
    for (var b = 0u; b < blocks; b++) {
      put_firsts(replica * firsts_stride + b * experts + e, running);
      running += counts[replica * counts_stride + b * experts + e];
    }
  }
}
