// logits[rows,vocab], targets i32[batch·targetLen] → nll[rows], lse[rows], argmax i32[rows] (lowest id wins). Row (b, p) has target
// targets[b·targetLen + targetOffset + p]. One workgroup per row.
//use row reduce
var<workgroup> highs: array<f32, 64>;
var<workgroup> places: array<u32, 64>;
fn row(replica: u32, r: u32, lane: u32) {
  let at = replica * logits_stride + r * vocab;
  // lanes beyond the vocabulary repeat its first entry
  var place = select(0u, lane, lane < vocab);
  var high = logits[at + place];
  for (var c = place + 64u; c < vocab; c += 64u) {
    if (logits[at + c] > high) { high = logits[at + c]; place = c; }
  }
  highs[lane] = high;
  places[lane] = place;
  for (var half = 32u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) {
      let other = lane + half;
      if (highs[other] > highs[lane] || (highs[other] == highs[lane] && places[other] < places[lane])) {
        highs[lane] = highs[other];
        places[lane] = places[other];
      }
    }
  }
  workgroupBarrier();
  let highest = highs[0];
  var sum = 0.0;
  for (var c = lane; c < vocab; c += 64u) { sum += exp(logits[at + c] - highest); }
  let all = sum_lanes(lane, sum);
  if (lane == 0u) {
    let logSum = highest + log(all);
    let answer = u32(targets[replica * targets_stride + (r / seqLen) * targetLen + targetOffset + r % seqLen]);
    put_lse(replica * lse_stride + r, logSum);
    put_nll(replica * nll_stride + r, logSum - logits[at + answer]);
    put_argmax(replica * argmax_stride + r, i32(places[0]));
  }
}
