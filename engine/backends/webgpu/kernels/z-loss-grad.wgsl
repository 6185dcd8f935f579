// logits[rows,experts] → dlogits = coefficient·2·lse·softmax/rows. One row each.
//use elementwise
fn element(replica: u32, r: u32) {
  let at = replica * logits_stride + r * experts;
  var highest = logits[at];
  for (var e = 1u; e < experts; e++) { highest = max(highest, logits[at + e]); }
  var sum = 0.0;
  for (var e = 0u; e < experts; e++) { sum += exp(logits[at + e] - highest); }
  let factor = coefficient * 2.0 * (highest + log(sum)) / sum / f32(total);
  for (var e = 0u; e < experts; e++) {
    put_dlogits(replica * dlogits_stride + r * experts + e, factor * exp(logits[at + e] - highest));
  }
}
