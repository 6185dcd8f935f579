// kv[rows,heads·(nope+v)] (per head [k_nope | v]), kRope[rows,rope] → k[rows,heads·(nope+rope)], v[rows,heads·vDim]. One element of k or v each.
//use elementwise
fn element(replica: u32, i: u32) {
  let part = nope + rope + vDim;
  let head = i / part; // row·heads + head
  let c = i % part;
  let kv0 = replica * kv_stride + head * (nope + vDim);
  if (c < nope) {
    put_k(replica * k_stride + head * (nope + rope) + c, kv[kv0 + c]);
  } else if (c < nope + rope) {
    put_k(replica * k_stride + head * (nope + rope) + c, kRope[replica * kRope_stride + (head / heads) * rope + c - nope]);
  } else {
    put_v(replica * v_stride + head * vDim + c - nope - rope, kv[kv0 + c - rope]);
  }
}
