// param, grad, m, v (a pool's pieces), chunks i32[count,4] = (place, replica stride, index, length), scale[1], numbers → param, m, v in place.
// AdamW (arXiv 1711.05101): decoupled decay where index < decayLength; nothing changes when scale is 0. One workgroup per chunk.
//use row
fn row(replica: u32, r: u32, lane: u32) {
  let clip = scale[replica * scale_stride];
  if (clip == 0.0) { return; }
  let at = u32(chunks[r * 4u]) + replica * u32(chunks[r * 4u + 1u]);
  let index = u32(chunks[r * 4u + 2u]);
  let length = u32(chunks[r * 4u + 3u]);
  let n0 = replica * numbers_stride;
  let lr = numbers[n0 + lrSlot];
  let beta1 = numbers[n0 + beta1Slot];
  let beta2 = numbers[n0 + beta2Slot];
  for (var i = lane; i < length; i += lanes) {
    let g = grad[at + i] * clip;
    let first = beta1 * m[at + i] + (1.0 - beta1) * g;
    let second = beta2 * v[at + i] + (1.0 - beta2) * g * g;
    let decay = select(0.0, numbers[n0 + weightDecaySlot], index + i < decayLength);
    let direction = (first / numbers[n0 + correction1Slot]) / (sqrt(second / numbers[n0 + correction2Slot]) + numbers[n0 + epsSlot]);
    let old = param[at + i];
    m[at + i] = first;
    v[at + i] = second;
    param[at + i] = old - lr * (direction + decay * old);
  }
}
