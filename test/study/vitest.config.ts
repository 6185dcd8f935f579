import { defineConfig } from "vitest/config";

// Whole studies, timed: nothing else runs beside them.
export default defineConfig({ test: { include: ["test/study/**/*.test.ts"], fileParallelism: false, testTimeout: 600_000 } });
