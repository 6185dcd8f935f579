import "../../engine/backends/node/cpu-flags.ts";
import { createCpuBackend } from "../../engine/backends/cpu/backend.ts";
import { agreeSuite } from "./agree-suite.ts";

agreeSuite("CPU with relaxed multiply-add", () => createCpuBackend());
agreeSuite("CPU without relaxed multiply-add", () => createCpuBackend({ relaxed: false }));
