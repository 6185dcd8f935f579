// 3 of 3. q, k, v, lse[T,heads], dOut, delta[T,heads] → dk[T,kvHeads·qk], dv[T,kvHeads·vDim]. One invocation owns one key of one kv head
// and walks its query heads in order, each from the key's own position on.
//use elementwise
fn element(replica: u32, i: u32) {
  let position = i % seqLen;
  let kvHead = (i / seqLen) % kvHeads;
  let first = (i / seqLen / kvHeads) * seqLen;
  let at = (first + position) * kvHeads + kvHead;
  var key: array<f32, qk>;
  var dKey: array<f32, qk>;
  for (var c = 0u; c < qk; c++) {
    key[c] = k[replica * k_stride + at * qk + c] * scale;
    dKey[c] = 0.0;
  }
  var value: array<f32, vDim>;
  var dValue: array<f32, vDim>;
  for (var c = 0u; c < vDim; c++) {
    value[c] = v[replica * v_stride + at * vDim + c];
    dValue[c] = 0.0;
  }
  // head h reads kv head ⌊h·kvHeads/heads⌋: the heads from ⌈kvHead·heads/kvHeads⌉ on
  for (var head = (kvHead * heads + kvHeads - 1u) / kvHeads; head < heads && head * kvHeads / heads == kvHead; head++) {
    for (var p = position; p < seqLen; p++) {
      let row = (first + p) * heads + head;
      let q0 = replica * q_stride + row * qk;
      let d0 = replica * dOut_stride + row * vDim;
      var score = 0.0;
      for (var c = 0u; c < qk; c++) { score += key[c] * q[q0 + c]; }
      let weight = exp(score - lse[replica * lse_stride + row]);
      var dWeight = 0.0;
      for (var c = 0u; c < vDim; c++) {
        let d = dOut[d0 + c];
        dWeight += d * value[c];
        dValue[c] += weight * d;
      }
      let dScore = weight * (dWeight - delta[replica * delta_stride + row]) * scale;
      for (var c = 0u; c < qk; c++) { dKey[c] += dScore * q[q0 + c]; }
    }
  }
  for (var c = 0u; c < qk; c++) { put_dk(replica * dk_stride + at * qk + c, dKey[c]); }
  for (var c = 0u; c < vDim; c++) { put_dv(replica * dv_stride + at * vDim + c, dValue[c]); }
}
