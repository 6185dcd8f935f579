/** For tests, which are TypeScript. */
import type { Part } from "./test-parts.mjs";
export function provideParts(options?: { table?: readonly Part[]; ci?: boolean; mayInstall?: boolean }): Part[];
