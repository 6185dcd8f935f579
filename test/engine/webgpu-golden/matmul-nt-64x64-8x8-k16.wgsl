@group(0) @binding(0) var<storage, read_write> a: array<f32>;
@group(0) @binding(1) var<storage, read_write> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
fn put_c(at: u32, value: f32) { if (shape.c_add == 1u) { c[at] = c[at] + value; } else { c[at] = value; } }
struct Shape { M: u32, N: u32, K: u32, split: u32, a_stride: u32, b_stride: u32, c_stride: u32, c_add: u32 }
@group(0) @binding(3) var<uniform> shape: Shape;
var<workgroup> slabA: array<f32, 1040>;
var<workgroup> slabB: array<f32, 1040>;
var<workgroup> located: vec4u;
fn locate(replica: u32, tile: u32) -> vec4u {
  let perSplit = ((shape.M + 63u) / 64u);
  let depth0 = (tile / perSplit) * shape.split;
  return vec4u((tile % perSplit) * 64u, shape.M, depth0, min(depth0 + shape.split, shape.K));
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
  let copy = group.y / ((shape.M + 63u) / 64u);
  let col0 = group.x * 64u;
  let a0 = replica * shape.a_stride;
  let b0 = replica * shape.b_stride;
  let c0 = replica * shape.c_stride + copy * shape.M * N;
  let tx = lane % 8u;
  let ty = lane / 8u;
  let row0_ = row0 + ty + 0u;
  let row1_ = row0 + ty + 8u;
  let row2_ = row0 + ty + 16u;
  let row3_ = row0 + ty + 24u;
  let row4_ = row0 + ty + 32u;
  let row5_ = row0 + ty + 40u;
  let row6_ = row0 + ty + 48u;
  let row7_ = row0 + ty + 56u;
  let col0_ = col0 + tx + 0u;
  let col1_ = col0 + tx + 8u;
  let col2_ = col0 + tx + 16u;
  let col3_ = col0 + tx + 24u;
  let col4_ = col0 + tx + 32u;
  let col5_ = col0 + tx + 40u;
  let col6_ = col0 + tx + 48u;
  let col7_ = col0 + tx + 56u;
  var c0_0 = 0.0;
  var c0_1 = 0.0;
  var c0_2 = 0.0;
  var c0_3 = 0.0;
  var c0_4 = 0.0;
  var c0_5 = 0.0;
  var c0_6 = 0.0;
  var c0_7 = 0.0;
  var c1_0 = 0.0;
  var c1_1 = 0.0;
  var c1_2 = 0.0;
  var c1_3 = 0.0;
  var c1_4 = 0.0;
  var c1_5 = 0.0;
  var c1_6 = 0.0;
  var c1_7 = 0.0;
  var c2_0 = 0.0;
  var c2_1 = 0.0;
  var c2_2 = 0.0;
  var c2_3 = 0.0;
  var c2_4 = 0.0;
  var c2_5 = 0.0;
  var c2_6 = 0.0;
  var c2_7 = 0.0;
  var c3_0 = 0.0;
  var c3_1 = 0.0;
  var c3_2 = 0.0;
  var c3_3 = 0.0;
  var c3_4 = 0.0;
  var c3_5 = 0.0;
  var c3_6 = 0.0;
  var c3_7 = 0.0;
  var c4_0 = 0.0;
  var c4_1 = 0.0;
  var c4_2 = 0.0;
  var c4_3 = 0.0;
  var c4_4 = 0.0;
  var c4_5 = 0.0;
  var c4_6 = 0.0;
  var c4_7 = 0.0;
  var c5_0 = 0.0;
  var c5_1 = 0.0;
  var c5_2 = 0.0;
  var c5_3 = 0.0;
  var c5_4 = 0.0;
  var c5_5 = 0.0;
  var c5_6 = 0.0;
  var c5_7 = 0.0;
  var c6_0 = 0.0;
  var c6_1 = 0.0;
  var c6_2 = 0.0;
  var c6_3 = 0.0;
  var c6_4 = 0.0;
  var c6_5 = 0.0;
  var c6_6 = 0.0;
  var c6_7 = 0.0;
  var c7_0 = 0.0;
  var c7_1 = 0.0;
  var c7_2 = 0.0;
  var c7_3 = 0.0;
  var c7_4 = 0.0;
  var c7_5 = 0.0;
  var c7_6 = 0.0;
  var c7_7 = 0.0;
  for (var depth = depth0; depth < depthEnd; depth += 16u) {
    for (var at = lane; at < 1024u; at += 64u) {
      let p = at % 16u;
      let x = at / 16u;
      var value = 0.0;
      if (depth + p < depthEnd && row0 + x < rowEnd) { value = a[a0 + (row0 + x) * shape.K + depth + p]; }
      slabA[p * 65u + x] = value;
    }
    for (var at = lane; at < 1024u; at += 64u) {
      let p = at % 16u;
      let x = at / 16u;
      var value = 0.0;
      if (depth + p < depthEnd && col0 + x < N) { value = b[b0 + (col0 + x) * shape.K + depth + p]; }
      slabB[p * 65u + x] = value;
    }
    workgroupBarrier();
    for (var p = 0u; p < 16u; p++) {
      let a0_ = slabA[p * 65u + ty + 0u];
      let a1_ = slabA[p * 65u + ty + 8u];
      let a2_ = slabA[p * 65u + ty + 16u];
      let a3_ = slabA[p * 65u + ty + 24u];
      let a4_ = slabA[p * 65u + ty + 32u];
      let a5_ = slabA[p * 65u + ty + 40u];
      let a6_ = slabA[p * 65u + ty + 48u];
      let a7_ = slabA[p * 65u + ty + 56u];
      let b0_ = slabB[p * 65u + tx + 0u];
      let b1_ = slabB[p * 65u + tx + 8u];
      let b2_ = slabB[p * 65u + tx + 16u];
      let b3_ = slabB[p * 65u + tx + 24u];
      let b4_ = slabB[p * 65u + tx + 32u];
      let b5_ = slabB[p * 65u + tx + 40u];
      let b6_ = slabB[p * 65u + tx + 48u];
      let b7_ = slabB[p * 65u + tx + 56u];
      c0_0 += a0_ * b0_;
      c0_1 += a0_ * b1_;
      c0_2 += a0_ * b2_;
      c0_3 += a0_ * b3_;
      c0_4 += a0_ * b4_;
      c0_5 += a0_ * b5_;
      c0_6 += a0_ * b6_;
      c0_7 += a0_ * b7_;
      c1_0 += a1_ * b0_;
      c1_1 += a1_ * b1_;
      c1_2 += a1_ * b2_;
      c1_3 += a1_ * b3_;
      c1_4 += a1_ * b4_;
      c1_5 += a1_ * b5_;
      c1_6 += a1_ * b6_;
      c1_7 += a1_ * b7_;
      c2_0 += a2_ * b0_;
      c2_1 += a2_ * b1_;
      c2_2 += a2_ * b2_;
      c2_3 += a2_ * b3_;
      c2_4 += a2_ * b4_;
      c2_5 += a2_ * b5_;
      c2_6 += a2_ * b6_;
      c2_7 += a2_ * b7_;
      c3_0 += a3_ * b0_;
      c3_1 += a3_ * b1_;
      c3_2 += a3_ * b2_;
      c3_3 += a3_ * b3_;
      c3_4 += a3_ * b4_;
      c3_5 += a3_ * b5_;
      c3_6 += a3_ * b6_;
      c3_7 += a3_ * b7_;
      c4_0 += a4_ * b0_;
      c4_1 += a4_ * b1_;
      c4_2 += a4_ * b2_;
      c4_3 += a4_ * b3_;
      c4_4 += a4_ * b4_;
      c4_5 += a4_ * b5_;
      c4_6 += a4_ * b6_;
      c4_7 += a4_ * b7_;
      c5_0 += a5_ * b0_;
      c5_1 += a5_ * b1_;
      c5_2 += a5_ * b2_;
      c5_3 += a5_ * b3_;
      c5_4 += a5_ * b4_;
      c5_5 += a5_ * b5_;
      c5_6 += a5_ * b6_;
      c5_7 += a5_ * b7_;
      c6_0 += a6_ * b0_;
      c6_1 += a6_ * b1_;
      c6_2 += a6_ * b2_;
      c6_3 += a6_ * b3_;
      c6_4 += a6_ * b4_;
      c6_5 += a6_ * b5_;
      c6_6 += a6_ * b6_;
      c6_7 += a6_ * b7_;
      c7_0 += a7_ * b0_;
      c7_1 += a7_ * b1_;
      c7_2 += a7_ * b2_;
      c7_3 += a7_ * b3_;
      c7_4 += a7_ * b4_;
      c7_5 += a7_ * b5_;
      c7_6 += a7_ * b6_;
      c7_7 += a7_ * b7_;
    }
    workgroupBarrier();
  }
  if (row0_ < rowEnd) {
    if (col0_ < N) { put_c(c0 + row0_ * N + col0_, c0_0); }
    if (col1_ < N) { put_c(c0 + row0_ * N + col1_, c0_1); }
    if (col2_ < N) { put_c(c0 + row0_ * N + col2_, c0_2); }
    if (col3_ < N) { put_c(c0 + row0_ * N + col3_, c0_3); }
    if (col4_ < N) { put_c(c0 + row0_ * N + col4_, c0_4); }
    if (col5_ < N) { put_c(c0 + row0_ * N + col5_, c0_5); }
    if (col6_ < N) { put_c(c0 + row0_ * N + col6_, c0_6); }
    if (col7_ < N) { put_c(c0 + row0_ * N + col7_, c0_7); }
  }
  if (row1_ < rowEnd) {
    if (col0_ < N) { put_c(c0 + row1_ * N + col0_, c1_0); }
    if (col1_ < N) { put_c(c0 + row1_ * N + col1_, c1_1); }
    if (col2_ < N) { put_c(c0 + row1_ * N + col2_, c1_2); }
    if (col3_ < N) { put_c(c0 + row1_ * N + col3_, c1_3); }
    if (col4_ < N) { put_c(c0 + row1_ * N + col4_, c1_4); }
    if (col5_ < N) { put_c(c0 + row1_ * N + col5_, c1_5); }
    if (col6_ < N) { put_c(c0 + row1_ * N + col6_, c1_6); }
    if (col7_ < N) { put_c(c0 + row1_ * N + col7_, c1_7); }
  }
  if (row2_ < rowEnd) {
    if (col0_ < N) { put_c(c0 + row2_ * N + col0_, c2_0); }
    if (col1_ < N) { put_c(c0 + row2_ * N + col1_, c2_1); }
    if (col2_ < N) { put_c(c0 + row2_ * N + col2_, c2_2); }
    if (col3_ < N) { put_c(c0 + row2_ * N + col3_, c2_3); }
    if (col4_ < N) { put_c(c0 + row2_ * N + col4_, c2_4); }
    if (col5_ < N) { put_c(c0 + row2_ * N + col5_, c2_5); }
    if (col6_ < N) { put_c(c0 + row2_ * N + col6_, c2_6); }
    if (col7_ < N) { put_c(c0 + row2_ * N + col7_, c2_7); }
  }
  if (row3_ < rowEnd) {
    if (col0_ < N) { put_c(c0 + row3_ * N + col0_, c3_0); }
    if (col1_ < N) { put_c(c0 + row3_ * N + col1_, c3_1); }
    if (col2_ < N) { put_c(c0 + row3_ * N + col2_, c3_2); }
    if (col3_ < N) { put_c(c0 + row3_ * N + col3_, c3_3); }
    if (col4_ < N) { put_c(c0 + row3_ * N + col4_, c3_4); }
    if (col5_ < N) { put_c(c0 + row3_ * N + col5_, c3_5); }
    if (col6_ < N) { put_c(c0 + row3_ * N + col6_, c3_6); }
    if (col7_ < N) { put_c(c0 + row3_ * N + col7_, c3_7); }
  }
  if (row4_ < rowEnd) {
    if (col0_ < N) { put_c(c0 + row4_ * N + col0_, c4_0); }
    if (col1_ < N) { put_c(c0 + row4_ * N + col1_, c4_1); }
    if (col2_ < N) { put_c(c0 + row4_ * N + col2_, c4_2); }
    if (col3_ < N) { put_c(c0 + row4_ * N + col3_, c4_3); }
    if (col4_ < N) { put_c(c0 + row4_ * N + col4_, c4_4); }
    if (col5_ < N) { put_c(c0 + row4_ * N + col5_, c4_5); }
    if (col6_ < N) { put_c(c0 + row4_ * N + col6_, c4_6); }
    if (col7_ < N) { put_c(c0 + row4_ * N + col7_, c4_7); }
  }
  if (row5_ < rowEnd) {
    if (col0_ < N) { put_c(c0 + row5_ * N + col0_, c5_0); }
    if (col1_ < N) { put_c(c0 + row5_ * N + col1_, c5_1); }
    if (col2_ < N) { put_c(c0 + row5_ * N + col2_, c5_2); }
    if (col3_ < N) { put_c(c0 + row5_ * N + col3_, c5_3); }
    if (col4_ < N) { put_c(c0 + row5_ * N + col4_, c5_4); }
    if (col5_ < N) { put_c(c0 + row5_ * N + col5_, c5_5); }
    if (col6_ < N) { put_c(c0 + row5_ * N + col6_, c5_6); }
    if (col7_ < N) { put_c(c0 + row5_ * N + col7_, c5_7); }
  }
  if (row6_ < rowEnd) {
    if (col0_ < N) { put_c(c0 + row6_ * N + col0_, c6_0); }
    if (col1_ < N) { put_c(c0 + row6_ * N + col1_, c6_1); }
    if (col2_ < N) { put_c(c0 + row6_ * N + col2_, c6_2); }
    if (col3_ < N) { put_c(c0 + row6_ * N + col3_, c6_3); }
    if (col4_ < N) { put_c(c0 + row6_ * N + col4_, c6_4); }
    if (col5_ < N) { put_c(c0 + row6_ * N + col5_, c6_5); }
    if (col6_ < N) { put_c(c0 + row6_ * N + col6_, c6_6); }
    if (col7_ < N) { put_c(c0 + row6_ * N + col7_, c6_7); }
  }
  if (row7_ < rowEnd) {
    if (col0_ < N) { put_c(c0 + row7_ * N + col0_, c7_0); }
    if (col1_ < N) { put_c(c0 + row7_ * N + col1_, c7_1); }
    if (col2_ < N) { put_c(c0 + row7_ * N + col2_, c7_2); }
    if (col3_ < N) { put_c(c0 + row7_ * N + col3_, c7_3); }
    if (col4_ < N) { put_c(c0 + row7_ * N + col4_, c7_4); }
    if (col5_ < N) { put_c(c0 + row7_ * N + col5_, c7_5); }
    if (col6_ < N) { put_c(c0 + row7_ * N + col6_, c7_6); }
    if (col7_ < N) { put_c(c0 + row7_ * N + col7_, c7_7); }
  }
}
