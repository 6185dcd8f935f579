// Stands in for `row` on software adapters, where barriers cost more than they save: one invocation per row, a single lane.
const lanes = 1u;
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let r = (group.y * groups.x + group.x) * 64u + lane;
  if (r < total) { row(group.z, r, 0u); }
}
