import { describe, expect, it } from "vitest";
import { isPermitted, permissionRules } from "./permissions.ts";

describe("permissions", () => {
  it("allows writing to the clipboard and nothing else", () => {
    expect(Object.keys(permissionRules).filter(isPermitted)).toEqual(["clipboard-sanitized-write"]);
  });

  it.each(["", "a-permission-of-the-future", "constructor", "__proto__", "toString"])("refuses %j, which it does not know", (name) => {
    expect(isPermitted(name)).toBe(false);
  });

  it("gives a reason for every rule", () => {
    for (const rule of Object.values(permissionRules)) expect(rule.reason).not.toBe("");
  });
});
