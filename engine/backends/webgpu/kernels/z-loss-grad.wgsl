// logits[rows,experts], numbers → dlogits = numbers[number]·2·lse·softmax/rows, and 0 where the number is 0, whatever the logits: such a loss
// is another replica's. One row each.
//use elementwise
fn element(replica: u32, r: u32) {
  let at = replica * logits_stride + r * experts;
  let coefficient = numbers[replica * numbers_stride + number];
  var highest = logits[at];
  for (var e = 1u; e < experts; e++) { highest = max(highest, logits[at + e]); }
  var sum = 0.0;
  for (var e = 0u; e < experts; e++) { sum += exp(logits[at + e] - highest); }
  let factor = coefficient * 2.0 * (highest + log(sum)) / sum / f32(total);
  for (var e = 0u; e < experts; e++) {
    var d = 0.0;
    if (coefficient != 0.0) { d = factor * exp(logits[at + e] - highest); }
    put_dlogits(replica * dlogits_stride + r * experts + e, d);
  }
}
