// ahead[rows,vocab], aheadLse[rows], head[batch·mainLen,vocab], headLse[batch·mainLen] → overlap[rows] = Σ min(softmax(ahead), softmax(head)).
// Row (b, p) meets row b·mainLen + mainOffset + p of head, the main head's logits. One row per workgroup or invocation.
//use row reduce
fn row(replica: u32, r: u32, lane: u32) {
  let other = (r / seqLen) * mainLen + mainOffset + r % seqLen;
  let ahead_lse = aheadLse[replica * aheadLse_stride + r];
  let head_lse = headLse[replica * headLse_stride + other];
  let a = replica * ahead_stride + r * vocab;
  let h = replica * head_stride + other * vocab;
  var sum = 0.0;
  for (var c = lane; c < vocab; c += lanes) { sum += exp(min(ahead[a + c] - ahead_lse, head[h + c] - head_lse)); }
  let all = sum_lanes(lane, sum);
  if (lane == 0u) { put_overlap(replica * overlap_stride + r, all); }
}
