import { webGpu } from "../shared/webgpu.ts";
import { electronHost } from "../support/hosts.ts";

webGpu(electronHost, ["--use-vulkan=swiftshader", "--use-webgpu-adapter=swiftshader"]);
