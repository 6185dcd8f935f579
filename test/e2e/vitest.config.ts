import { defineConfig } from "vitest/config";

// Each file drives a browser or the app: one at a time, with room for a slow machine.
export default defineConfig({
  test: {
    include: ["test/e2e/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // the usual second is less than a crowded machine takes for a file to be written
    expect: { poll: { timeout: 30_000, interval: 50 } },
    fileParallelism: false,
  },
});
