/** Pictures that a person can look at: one file per figure, compared with coordinates of three significant decimals at most. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect } from "vitest";

const folder = new URL("goldens/", import.meta.url);

/**
 * Fails when `svg` differs from goldens/<name>.svg and leaves what it is now in <name>-changed.svg beside it. A golden that
 * is missing is written; to accept a change, delete the golden and run again.
 */
export function expectGolden(name: string, svg: string): void {
  mkdirSync(folder, { recursive: true });
  const golden = new URL(`${name}.svg`, folder);
  const changed = new URL(`${name}-changed.svg`, folder);
  const now = normalise(svg);
  if (!existsSync(golden)) {
    if (process.env.CI) throw new Error(`There is no golden ${name}.svg.`);
    writeFileSync(golden, now);
  }
  rmSync(changed, { force: true });
  const same = readFileSync(golden, "utf8") === now;
  if (!same) writeFileSync(changed, now);
  expect(same, `${name}.svg has changed: compare it with goldens/${name}-changed.svg`).toBe(true);
}

/** One element a line; numbers rounded to three decimals. */
function normalise(svg: string): string {
  return `${svg.replace(/-?\d+\.\d{4,}/g, (number) => String(Number(Number(number).toFixed(3)))).replace(/></g, ">\n<")}\n`;
}
