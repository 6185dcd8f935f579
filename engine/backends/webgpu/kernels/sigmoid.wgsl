// logits[length] → s = sigmoid(logits).
//use elementwise sigmoid
fn element(replica: u32, i: u32) {
  put_s(replica * s_stride + i, logistic(logits[replica * logits_stride + i]));
}
