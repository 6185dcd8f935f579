// One workgroup of 64 lanes per row: calls row(replica, r, lane) for r < total on a two-dimensional grid.
const lanes = 64u;
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let r = group.y * groups.x + group.x;
  if (r < total) { row(group.z, r, lane); }
}
