import { defineConfig } from "vitest/config";

// It installs a Debian and then everything that tests need on it: minutes, from a mirror.
export default defineConfig({
  test: { include: ["test/bare-machine/**/*.test.ts"], testTimeout: 1_200_000, hookTimeout: 600_000, fileParallelism: false },
});
