// s[rows,experts], bias[experts] (unless form "none") → idx i32[rows,k], ascending. Choice = s, s+bias or s·bias; group-limited as
// DeepSeek-V3 does it (arXiv 2412.19437 §2.1.2): group score = sum of the groupTop highest choices, highest first. Ties go to the lowest id. One row each.
//use elementwise
const groupSize = experts / nGroup;
// stands for −∞, which WGSL need not represent: groups that are masked, and scores that are not a number
const lowest = -1e37;
fn choice(replica: u32, r: u32, e: u32) -> f32 {
  var value = s[replica * s_stride + r * experts + e];
  //if additive
  value += bias[replica * bias_stride + e];
  //end
  //if multiplicative
  value *= bias[replica * bias_stride + e];
  //end
  let isNaN = (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
  return select(max(value, lowest), lowest, isNaN);
}
//if grouped
fn group_score(replica: u32, r: u32, g: u32) -> f32 {
  var best: array<f32, groupTop>;
  for (var i = 0u; i < groupTop; i++) { best[i] = lowest; }
  for (var n = 0u; n < groupSize; n++) {
    var value = choice(replica, r, g * groupSize + n);
    for (var i = 0u; i < groupTop; i++) {
      if (value > best[i]) { let lower = best[i]; best[i] = value; value = lower; }
    }
  }
  var sum = best[0];
  for (var i = 1u; i < groupTop; i++) { sum += best[i]; }
  return max(sum, lowest);
}
//end
fn element(replica: u32, r: u32) {
  var kept: array<bool, nGroup>;
  for (var g = 0u; g < nGroup; g++) { kept[g] = nGroup == 1u; }
  //if grouped
  var scores: array<f32, nGroup>;
  for (var g = 0u; g < nGroup; g++) { scores[g] = group_score(replica, r, g); }
  for (var n = 0u; n < topkGroup; n++) {
    var best = nGroup;
    for (var g = 0u; g < nGroup; g++) {
      if (kept[g]) { continue; }
      if (best == nGroup) { best = g; } else if (scores[g] > scores[best]) { best = g; }
    }
    kept[best] = true;
  }
  //end
  var chosen: array<bool, experts>;
  for (var e = 0u; e < experts; e++) { chosen[e] = false; }
  for (var n = 0u; n < k; n++) {
    var best = experts;
    var highest = 0.0;
    for (var e = 0u; e < experts; e++) {
      if (chosen[e]) { continue; }
      var value = lowest;
      if (kept[e / groupSize]) { value = choice(replica, r, e); }
      if (best == experts || value > highest) { best = e; highest = value; }
    }
    chosen[best] = true;
  }
  var n = 0u;
  for (var e = 0u; e < experts; e++) {
    if (chosen[e]) { put_idx(replica * idx_stride + r * k + n, i32(e)); n++; }
  }
}
