// 1 of 3. dOut[T,heads·vDim], o[T,heads·vDim] → delta[T,heads] = Σ do·o. One invocation per (row, head).
//use elementwise
fn element(replica: u32, i: u32) {
  var sum = 0.0;
  for (var c = 0u; c < vDim; c++) { sum += dOut[replica * dOut_stride + i * vDim + c] * o[replica * o_stride + i * vDim + c]; }
  put_delta(replica * delta_stride + i, sum);
}
