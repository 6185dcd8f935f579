@group(0) @binding(0) var<storage, read_write> a: array<f32>;
@group(0) @binding(1) var<storage, read_write> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
fn put_c(at: u32, value: f32) { if (shape.c_add == 1u) { c[at] = c[at] + value; } else { c[at] = value; } }
struct Shape { M: u32, N: u32, K: u32, split: u32, a_stride: u32, b_stride: u32, c_stride: u32, c_add: u32 }
@group(0) @binding(3) var<uniform> shape: Shape;
fn locate(replica: u32, tile: u32) -> vec4u {
  let perSplit = ((shape.M + 31u) / 32u);
  let depth0 = (tile / perSplit) * shape.split;
  return vec4u((tile % perSplit) * 32u, shape.M, depth0, min(depth0 + shape.split, shape.K));
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let replica = group.z;
  let place = locate(replica, group.y);
  let N = shape.N;
  let row0 = place.x;
  let rowEnd = place.y;
  let depth0 = place.z;
  let depthEnd = place.w;
  // which expert's (or split's) matrix
  let copy = group.y / ((shape.M + 31u) / 32u);
  let col0 = group.x * 32u;
  let a0 = replica * shape.a_stride;
  let b0 = replica * shape.b_stride;
  let c0 = replica * shape.c_stride + copy * shape.M * N;
  let tx = lane % 8u;
  let ty = lane / 8u;
  let row0_ = row0 + ty + 0u;
  let row1_ = row0 + ty + 8u;
  let row2_ = row0 + ty + 16u;
  let row3_ = row0 + ty + 24u;
  let col0_ = col0 + tx + 0u;
  let col1_ = col0 + tx + 8u;
  let col2_ = col0 + tx + 16u;
  let col3_ = col0 + tx + 24u;
  var c0_0 = 0.0;
  var c0_1 = 0.0;
  var c0_2 = 0.0;
  var c0_3 = 0.0;
  var c1_0 = 0.0;
  var c1_1 = 0.0;
  var c1_2 = 0.0;
  var c1_3 = 0.0;
  var c2_0 = 0.0;
  var c2_1 = 0.0;
  var c2_2 = 0.0;
  var c2_3 = 0.0;
  var c3_0 = 0.0;
  var c3_1 = 0.0;
  var c3_2 = 0.0;
  var c3_3 = 0.0;
  if (row0_ >= rowEnd || col0_ >= N) { return; }
  let fromA0 = a0 + (min(row0_, rowEnd - 1u)) * shape.K + 0u;
  let fromA1 = a0 + (min(row1_, rowEnd - 1u)) * shape.K + 0u;
  let fromA2 = a0 + (min(row2_, rowEnd - 1u)) * shape.K + 0u;
  let fromA3 = a0 + (min(row3_, rowEnd - 1u)) * shape.K + 0u;
  let fromB0 = b0 + (min(col0_, N - 1u)) * shape.K + 0u;
  let fromB1 = b0 + (min(col1_, N - 1u)) * shape.K + 0u;
  let fromB2 = b0 + (min(col2_, N - 1u)) * shape.K + 0u;
  let fromB3 = b0 + (min(col3_, N - 1u)) * shape.K + 0u;
  for (var p = depth0; p < depthEnd; p++) {
    let a0_ = a[fromA0 + p];
    let a1_ = a[fromA1 + p];
    let a2_ = a[fromA2 + p];
    let a3_ = a[fromA3 + p];
    let b0_ = b[fromB0 + p];
    let b1_ = b[fromB1 + p];
    let b2_ = b[fromB2 + p];
    let b3_ = b[fromB3 + p];
    c0_0 += a0_ * b0_;
    c0_1 += a0_ * b1_;
    c0_2 += a0_ * b2_;
    c0_3 += a0_ * b3_;
    c1_0 += a1_ * b0_;
    c1_1 += a1_ * b1_;
    c1_2 += a1_ * b2_;
    c1_3 += a1_ * b3_;
    c2_0 += a2_ * b0_;
    c2_1 += a2_ * b1_;
    c2_2 += a2_ * b2_;
    c2_3 += a2_ * b3_;
    c3_0 += a3_ * b0_;
    c3_1 += a3_ * b1_;
    c3_2 += a3_ * b2_;
    c3_3 += a3_ * b3_;
  }
  if (row0_ < rowEnd) {
    if (col0_ < N) { put_c(c0 + row0_ * N + col0_, c0_0); }
    if (col1_ < N) { put_c(c0 + row0_ * N + col1_, c0_1); }
    if (col2_ < N) { put_c(c0 + row0_ * N + col2_, c0_2); }
    if (col3_ < N) { put_c(c0 + row0_ * N + col3_, c0_3); }
  }
  if (row1_ < rowEnd) {
    if (col0_ < N) { put_c(c0 + row1_ * N + col0_, c1_0); }
    if (col1_ < N) { put_c(c0 + row1_ * N + col1_, c1_1); }
    if (col2_ < N) { put_c(c0 + row1_ * N + col2_, c1_2); }
    if (col3_ < N) { put_c(c0 + row1_ * N + col3_, c1_3); }
  }
  if (row2_ < rowEnd) {
    if (col0_ < N) { put_c(c0 + row2_ * N + col0_, c2_0); }
    if (col1_ < N) { put_c(c0 + row2_ * N + col1_, c2_1); }
    if (col2_ < N) { put_c(c0 + row2_ * N + col2_, c2_2); }
    if (col3_ < N) { put_c(c0 + row2_ * N + col3_, c2_3); }
  }
  if (row3_ < rowEnd) {
    if (col0_ < N) { put_c(c0 + row3_ * N + col0_, c3_0); }
    if (col1_ < N) { put_c(c0 + row3_ * N + col1_, c3_1); }
    if (col2_ < N) { put_c(c0 + row3_ * N + col2_, c3_2); }
    if (col3_ < N) { put_c(c0 + row3_ * N + col3_, c3_3); }
  }
}
