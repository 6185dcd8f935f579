import { expect, it, vi } from "vitest";
vi.mock("electron", () => import("./electron-double.ts"));
import { channels } from "../../electron/ipc/channels.ts";
import { attack } from "./ipc.ts";

// `npm run attack:ipc` sends 100,000.
it("malformed and malicious messages over every channel achieve nothing", { timeout: 180_000 }, async () => {
  const { breaches, channels: sent, messages } = await attack(1500);
  expect(breaches).toEqual([]);
  expect([...sent.keys()]).toEqual(Object.keys(channels));
  expect([...sent.values()].reduce((sum, { refused, answered }) => sum + refused + answered, 0)).toBe(messages);
});
