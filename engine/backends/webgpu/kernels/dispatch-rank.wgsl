// 3 of 3. idx i32[slots], firsts i32[blocks,experts] → rowOfSlot i32[slots], slotOfRow i32[slots]: row = first of its block and expert
// + earlier slots of the block with the same expert (stable). One slot each.
//use elementwise
fn element(replica: u32, slot: u32) {
  let block = slot / blockSlots;
  let e = idx[replica * idx_stride + slot];
  var place = u32(firsts[replica * firsts_stride + block * experts + u32(e)]);
  for (var earlier = block * blockSlots; earlier < slot; earlier++) {
    if (idx[replica * idx_stride + earlier] == e) { place++; }
  }
  put_rowOfSlot(replica * rowOfSlot_stride + slot, i32(place));
  put_slotOfRow(replica * slotOfRow_stride + place, i32(slot));
}
