// The highest value over the 64 lanes of a workgroup and its place, the lowest place of equal values; every lane gets the result.
struct Highest { value: f32, place: u32 }
var<workgroup> highs: array<Highest, 64>;
fn highest_of_lanes(lane: u32, own: Highest) -> Highest {
  workgroupBarrier();
  highs[lane] = own;
  for (var half = 32u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) {
      let other = highs[lane + half];
      let mine = highs[lane];
      if (other.value > mine.value || (other.value == mine.value && other.place < mine.place)) { highs[lane] = other; }
    }
  }
  workgroupBarrier();
  return highs[0];
}
