// logits[rows,vocab], targets, lse[rows], numbers → dlogits = (softmax − onehot)·factor·(numbers[number] if weighted). One element each.
//use elementwise
fn element(replica: u32, i: u32) {
  let r = i / vocab;
  let answer = u32(targets[replica * targets_stride + (r / seqLen) * targetLen + targetOffset + r % seqLen]);
  var weight = factor;
  if (weighted) { weight *= numbers[replica * numbers_stride + number]; }
  let p = exp(logits[replica * logits_stride + i] - lse[replica * lse_stride + r]);
  put_dlogits(replica * dlogits_stride + i, weight * (p - select(0.0, 1.0, i % vocab == answer)));
}
