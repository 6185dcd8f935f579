@group(0) @binding(0) var<storage, read_write> a: array<f32>;
@group(0) @binding(1) var<storage, read_write> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
fn put_c(at: u32, value: f32) { if (shape.c_add == 1u) { c[at] = c[at] + value; } else { c[at] = value; } }
struct Shape { M: u32, N: u32, K: u32, split: u32, a_stride: u32, b_stride: u32, c_stride: u32, c_add: u32 }
@group(0) @binding(3) var<uniform> shape: Shape;
var<workgroup> slabA: array<f32, 520>;
var<workgroup> slabB: array<f32, 520>;
var<workgroup> located: vec4u;
fn locate(replica: u32, tile: u32) -> vec4u {
  let perSplit = ((shape.M + 63u) / 64u);
  let depth0 = (tile / perSplit) * shape.split;
  return vec4u((tile % perSplit) * 64u, shape.M, depth0, min(depth0 + shape.split, shape.K));
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let replica = group.z;
  let place = locate(replica, group.y);
  let N = shape.N;
  let row0 = place.x;
  let rowEnd = place.y;
  let depth0 = place.z;
  let depthEnd = place.w;
  // which expert's (or split's) matrix
  let copy = group.y / ((shape.M + 63u) / 64u);
  let col0 = group.x * 64u;
  let a0 = replica * shape.a_stride;
  let b0 = replica * shape.b_stride;
  let c0 = replica * shape.c_stride + copy * shape.M * N;
  let tx = lane % 16u;
  let ty = lane / 16u;
  let row0_ = row0 + ty + 0u;
  let row1_ = row0 + ty + 16u;
  let row2_ = row0 + ty + 32u;
  let row3_ = row0 + ty + 48u;
  let col0_ = col0 + tx + 0u;
  let col1_ = col0 + tx + 16u;
  let col2_ = col0 + tx + 32u;
  let col3_ = col0 + tx + 48u;
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
  for (var depth = depth0; depth < depthEnd; depth += 8u) {
    for (var at = lane; at < 512u; at += 256u) {
      let p = at % 8u;
      let x = at / 8u;
      var value = 0.0;
      if (depth + p < depthEnd && row0 + x < rowEnd) { value = a[a0 + (row0 + x) * shape.K + depth + p]; }
      slabA[p * 65u + x] = value;
    }
    for (var at = lane; at < 512u; at += 256u) {
      let p = at % 8u;
      let x = at / 8u;
      var value = 0.0;
      if (depth + p < depthEnd && col0 + x < N) { value = b[b0 + (col0 + x) * shape.K + depth + p]; }
      slabB[p * 65u + x] = value;
    }
    workgroupBarrier();
    for (var p = 0u; p < 8u; p++) {
      let a0_ = slabA[p * 65u + ty + 0u];
      let a1_ = slabA[p * 65u + ty + 16u];
      let a2_ = slabA[p * 65u + ty + 32u];
      let a3_ = slabA[p * 65u + ty + 48u];
      let b0_ = slabB[p * 65u + tx + 0u];
      let b1_ = slabB[p * 65u + tx + 16u];
      let b2_ = slabB[p * 65u + tx + 32u];
      let b3_ = slabB[p * 65u + tx + 48u];
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
    workgroupBarrier();
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
