// q[T,heads·qk], k[T,kvHeads·qk], v[T,kvHeads·vDim] → o[T,heads·vDim], lse[T,heads]; causal within each sequence, online softmax
// (FlashAttention, arXiv 2205.14135). One invocation per (sequence, head, position), positions adjacent so that neighbours read the same keys.
//use elementwise
fn element(replica: u32, i: u32) {
  let position = i % seqLen;
  let head = (i / seqLen) % heads;
  let first = (i / seqLen / heads) * seqLen;
  let kvHead = head * kvHeads / heads;
  let q0 = replica * q_stride + ((first + position) * heads + head) * qk;
  var query: array<f32, qk>;
  for (var c = 0u; c < qk; c++) { query[c] = q[q0 + c] * scale; }
  var acc: array<f32, vDim>;
  for (var c = 0u; c < vDim; c++) { acc[c] = 0.0; }
  var highest = 0.0;
  var denominator = 0.0;
  for (var j = 0u; j <= position; j++) {
    let k0 = replica * k_stride + ((first + j) * kvHeads + kvHead) * qk;
    var score = 0.0;
    for (var c = 0u; c < qk; c++) { score += query[c] * k[k0 + c]; }
    if (j == 0u) { highest = score; }
    if (score > highest) {
      let shrink = exp(highest - score);
      denominator *= shrink;
      for (var c = 0u; c < vDim; c++) { acc[c] *= shrink; }
      highest = score;
    }
    let weight = exp(score - highest);
    denominator += weight;
    let v0 = replica * v_stride + ((first + j) * kvHeads + kvHead) * vDim;
    for (var c = 0u; c < vDim; c++) { acc[c] += weight * v[v0 + c]; }
  }
  let out = (first + position) * heads + head;
  for (var c = 0u; c < vDim; c++) { put_o(replica * o_stride + out * vDim + c, acc[c] / denominator); }
  put_lse(replica * lse_stride + out, highest + log(denominator));
}
