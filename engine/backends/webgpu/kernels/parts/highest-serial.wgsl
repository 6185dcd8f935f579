// Stands in for `highest` where a row has a single lane.
struct Highest { value: f32, place: u32 }
fn highest_of_lanes(lane: u32, own: Highest) -> Highest { return own; }
