// 1 of 2. gradients (a pool's pieces), chunks i32[count,4] = (place, replica stride, index, length) → squares[count] = Σ g² of one chunk.
// One workgroup per chunk; a chunk never crosses a piece, so that the order of the sum does not depend on the number of replicas.
//use row reduce
fn row(replica: u32, r: u32, lane: u32) {
  let at = u32(chunks[r * 4u]) + replica * u32(chunks[r * 4u + 1u]);
  let length = u32(chunks[r * 4u + 3u]);
  var sum = 0.0;
  for (var i = lane; i < length; i += lanes) { sum += gradients[at + i] * gradients[at + i]; }
  let all = sum_lanes(lane, sum);
  if (lane == 0u) { put_squares(replica * squares_stride + firstChunk + r, all); }
}
