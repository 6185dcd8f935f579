// 2 of 3. q, k, v, lse[T,heads], dOut, delta[T,heads] → dq[T,heads·qk]. One invocation owns one query and walks the keys up to it.
//use elementwise
fn element(replica: u32, i: u32) {
  let position = i % seqLen;
  let head = (i / seqLen) % heads;
  let first = (i / seqLen / heads) * seqLen;
  let kvHead = head * kvHeads / heads;
  let at = (first + position) * heads + head;
  var query: array<f32, qk>;
  var acc: array<f32, qk>;
  for (var c = 0u; c < qk; c++) {
    query[c] = q[replica * q_stride + at * qk + c] * scale;
    acc[c] = 0.0;
  }
  var dRow: array<f32, vDim>;
  for (var c = 0u; c < vDim; c++) { dRow[c] = dOut[replica * dOut_stride + at * vDim + c]; }
  let logSum = lse[replica * lse_stride + at];
  let rowDelta = delta[replica * delta_stride + at];
  for (var j = 0u; j <= position; j++) {
    let key = (first + j) * kvHeads + kvHead;
    let k0 = replica * k_stride + key * qk;
    let v0 = replica * v_stride + key * vDim;
    var score = 0.0;
    for (var c = 0u; c < qk; c++) { score += query[c] * k[k0 + c]; }
    var dWeight = 0.0;
    for (var c = 0u; c < vDim; c++) { dWeight += dRow[c] * v[v0 + c]; }
    let dScore = exp(score - logSum) * (dWeight - rowDelta) * scale;
    for (var c = 0u; c < qk; c++) { acc[c] += dScore * k[k0 + c]; }
  }
  for (var c = 0u; c < qk; c++) { put_dq(replica * dq_stride + at * qk + c, acc[c]); }
}
