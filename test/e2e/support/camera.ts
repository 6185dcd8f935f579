/** Pictures of a page in both themes, with what axe finds in each. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Locator } from "playwright-core";
import { axeFindings } from "./axe.ts";
import type { Session } from "./chromium.ts";

export type Theme = "light" | "dark";

export interface Camera {
  /** Writes NAME.THEME.png for each theme; `at` is scrolled to the top of the column first. */
  shoot(name: string, options?: { at?: Locator; themes?: readonly Theme[] }): Promise<void>;
  /** what axe and the console said, one line each */
  findings: string[];
}

/** Monaco names the rows of its completion list by their first words; nobody who embeds it can change that. */
const monacosOwn = (finding: string): boolean => /^label-content-name-mismatch: .*<div class="monaco-list-row/.test(finding);

export function cameraOf({ page, problems }: Session, folder: string): Camera {
  mkdirSync(folder, { recursive: true });
  const findings: string[] = [];
  return {
    findings,
    async shoot(name, { at, themes = ["light", "dark"] as const } = {}) {
      if (at) await at.evaluate((element) => element.scrollIntoView({ block: "start" }));
      for (const theme of themes) {
        await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
        await page.evaluate(() => document.fonts.ready);
        await page.waitForTimeout(250); // figures redraw for the theme and for what has just come into view
        await page.screenshot({ path: join(folder, `${name}.${theme}.png`), caret: "initial" });
        findings.push(
          ...(await axeFindings(page)).filter((finding) => !monacosOwn(finding)).map((finding) => `${name}, ${theme}: ${finding}`),
        );
      }
      findings.push(...problems.splice(0).map((problem) => `${name}: console: ${problem}`));
    },
  };
}
