import { resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../../..");
export const renderer = resolve(root, "out/app/renderer");
