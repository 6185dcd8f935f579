import { describe, expect, it } from "vitest";
import { notebookArguments, openingFor, withRecent } from "./opening.ts";

const windows = [
  { id: 1, path: "/a.md", pristine: false },
  { id: 2, path: null, pristine: true },
  { id: 3, path: null, pristine: false },
];

describe("opening a notebook", () => {
  it("goes to the window that already shows it", () => {
    expect(openingFor("/a.md", 2, windows)).toEqual({ kind: "focus", id: 1 });
  });

  it("takes the asking window while nothing is written in it", () => {
    expect(openingFor("/b.md", 2, windows)).toEqual({ kind: "here", id: 2 });
  });

  it("never replaces a notebook that somebody wrote in", () => {
    expect(openingFor("/b.md", 3, windows)).toEqual({ kind: "new" });
    expect(openingFor("/b.md", 1, windows)).toEqual({ kind: "new" });
  });

  it("opens a window when the system asked", () => {
    expect(openingFor("/b.md", null, windows)).toEqual({ kind: "new" });
  });
});

describe("recent files", () => {
  it("lists the newest first and each once", () => {
    expect(withRecent(["/a", "/b"], "/b")).toEqual(["/b", "/a"]);
  });

  it("forgets the oldest past the limit", () => {
    expect(withRecent(["/a", "/b"], "/c", 2)).toEqual(["/c", "/a"]);
  });
});

it("notebooks are found among switches and other arguments", () => {
  expect(notebookArguments(["/usr/bin/electron", "--no-sandbox", ".", "x.md", "--y.md", "z.ipynb"])).toEqual(["x.md", "z.ipynb"]);
});
