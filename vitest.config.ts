import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "engine/**/*.test.ts", "experiments/**/*.test.ts", "electron/**/*.test.ts", "renderer/**/*.test.ts"],
    exclude: ["test/e2e/**", "test/study/**", "test/bare-machine/**", "node_modules/**", "out/**"],
    setupFiles: ["test/property-seed.ts"],
    testTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
