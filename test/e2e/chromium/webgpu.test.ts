import { webGpu } from "../shared/webgpu.ts";
import { chromiumHost } from "../support/hosts.ts";

webGpu(chromiumHost, ["--enable-unsafe-webgpu"]);
