import { describe, expect, it } from "vitest";
import { fingerprints, validityOf, whyStale } from "./cell-state.svelte.ts";

const upstream = new Map([["a", []], ["b", ["a"]], ["c", ["b"]]]);
const at = (a: string, b = "b", c = "c") => fingerprints(["a", "b", "c"].map((id, i) => ({ id, source: [a, b, c][i] })), upstream);
const before = at("1");

describe("validity of a cell", () => {
  it("holds while neither its code nor anything above it has changed", () => {
    expect(validityOf({ ran: before.get("c")!, outcome: "done" }, at("1").get("c")!)).toEqual({ kind: "fresh" });
  });

  it("ends with the reason when its own code changes", () => {
    expect(whyStale(before.get("b")!, at("1", "b!").get("b")!)).toBe("its code changed");
  });

  it("ends through cells between, naming the one it reads", () => {
    expect(whyStale(before.get("c")!, at("2").get("c")!)).toBe("#b changed");
  });

  it("comes back when the change is undone", () => {
    expect(whyStale(before.get("c")!, at("1").get("c")!)).toBeNull();
  });

  it("is never for a cell that has not run, and failed for one that did not succeed", () => {
    expect(validityOf({ ran: null, outcome: null }, before.get("a")!)).toEqual({ kind: "never" });
    expect(validityOf({ ran: before.get("a")!, outcome: "failed" }, before.get("a")!)).toEqual({ kind: "failed" });
  });

  it("can be told for cells that read each other in a circle", () => {
    const circle = fingerprints([{ id: "a", source: "1" }, { id: "b", source: "2" }], new Map([["a", ["b"]], ["b", ["a"]]]));
    expect(circle.size).toBe(2);
  });
});
