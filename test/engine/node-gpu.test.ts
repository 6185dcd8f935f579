import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { softwareDriver } from "../../engine/backends/node/webgpu.ts";
import { buildCli, switchyard } from "../cli/bundle.ts";

const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";

test.each([
  ["a GPU: after the machine's own drivers", {}, [swiftShader, "/dev/dri"], "VK_ADD_DRIVER_FILES"],
  ["NVIDIA's own device", {}, [swiftShader, "/dev/nvidiactl"], "VK_ADD_DRIVER_FILES"],
  ["no GPU: alone", {}, [swiftShader], "VK_DRIVER_FILES"],
  ["no SwiftShader", {}, ["/dev/dri"], null],
  ["drivers that a person chose", { VK_DRIVER_FILES: "mine.json" }, [swiftShader], null],
  ["drivers chosen by the old name", { VK_ICD_FILENAMES: "mine.json" }, [swiftShader, "/dev/dri"], null],
])("SwiftShader is offered with %s", (_case, env, files, variable) => {
  expect(softwareDriver(env, (path) => files.includes(path))).toBe(variable);
});

test.runIf(existsSync(swiftShader) && !existsSync("/dev/dri"))("asking what can train here writes nothing to standard error", async () => {
  buildCli();
  const { code, stdout, stderr } = await switchyard(["devices"]);
  expect(stderr).toBe("");
  expect(stdout).toContain("webgpu");
  expect(code).toBe(0);
});
