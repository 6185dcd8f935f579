// logits[rows,experts] → squares[rows] = (logsumexp)². One row each.
//use elementwise
fn element(replica: u32, r: u32) {
  let at = replica * logits_stride + r * experts;
  var highest = logits[at];
  for (var e = 1u; e < experts; e++) { highest = max(highest, logits[at + e]); }
  var sum = 0.0;
  for (var e = 0u; e < experts; e++) { sum += exp(logits[at + e] - highest); }
  let lse = highest + log(sum);
  put_squares(replica * squares_stride + r, lse * lse);
}
