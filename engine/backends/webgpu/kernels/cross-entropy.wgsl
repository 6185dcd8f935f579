// logits[rows,vocab], targets i32[batch·targetLen] → nll[rows], lse[rows], argmax i32[rows] (lowest id wins). Row (b, p) has target
// targets[b·targetLen + targetOffset + p]. One row per workgroup or invocation.
//use row reduce highest
fn row(replica: u32, r: u32, lane: u32) {
  let at = replica * logits_stride + r * vocab;
  // lanes beyond the vocabulary repeat its first entry
  let first = select(0u, lane, lane < vocab);
  var own = Highest(logits[at + first], first);
  for (var c = first + lanes; c < vocab; c += lanes) {
    if (logits[at + c] > own.value) { own = Highest(logits[at + c], c); }
  }
  let top = highest_of_lanes(lane, own);
  var sum = 0.0;
  for (var c = lane; c < vocab; c += lanes) { sum += exp(logits[at + c] - top.value); }
  let all = sum_lanes(lane, sum);
  if (lane == 0u) {
    let logSum = top.value + log(all);
    let answer = u32(targets[replica * targets_stride + (r / seqLen) * targetLen + targetOffset + r % seqLen]);
    put_lse(replica * lse_stride + r, logSum);
    put_nll(replica * nll_stride + r, logSum - logits[at + answer]);
    put_argmax(replica * argmax_stride + r, i32(top.place));
  }
}
