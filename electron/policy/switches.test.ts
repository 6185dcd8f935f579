import { describe, expect, it } from "vitest";
import { mergeFeatures, switchesFor } from "./switches.ts";

const linux = { platform: "linux", enabledFeatures: "", softwareWebGpu: false, developmentHost: null } as const;

describe("Chromium switches", () => {
  it("turn WebGPU on where Linux has it off", () => {
    expect(switchesFor(linux)).toContainEqual({ name: "enable-unsafe-webgpu" });
    expect(switchesFor(linux)).toContainEqual({ name: "enable-features", value: "Vulkan" });
  });

  it("keep the features that were already asked for, in one list, each once", () => {
    const features = switchesFor({ ...linux, enabledFeatures: "A,Vulkan,B" }).filter((it) => it.name === "enable-features");
    expect(features).toEqual([{ name: "enable-features", value: "A,Vulkan,B" }]);
    expect(mergeFeatures("", "A,A", "B")).toBe("A,B");
  });

  it("leave WebGPU alone on other systems", () => {
    for (const platform of ["darwin", "win32"] as const) {
      expect(switchesFor({ ...linux, platform }).some((it) => /webgpu|features/.test(it.name))).toBe(false);
    }
  });

  it("look up no names, but for a development server's", () => {
    expect(switchesFor(linux)).toContainEqual({ name: "host-resolver-rules", value: "MAP * ~NOTFOUND" });
    expect(switchesFor({ ...linux, developmentHost: "localhost" })).toContainEqual({
      name: "host-resolver-rules",
      value: "MAP * ~NOTFOUND, EXCLUDE localhost",
    });
  });

  it("ask for the software adapter only when told to", () => {
    expect(switchesFor(linux).some((it) => it.value === "swiftshader")).toBe(false);
    expect(switchesFor({ ...linux, softwareWebGpu: true }).filter((it) => it.value === "swiftshader")).toHaveLength(2);
  });
});
