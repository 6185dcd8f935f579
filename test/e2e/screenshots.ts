/** Takes the scenes of `npm run screenshots`. Each opens its own page, so that one can be taken alone. */
import { openChromium } from "./support/chromium.ts";
import { cameraOf } from "./support/camera.ts";
import { dialogs } from "./scenes/dialogs.ts";
import { empty } from "./scenes/empty.ts";
import { gallery } from "./scenes/gallery.ts";
import { runs } from "./scenes/runs.ts";
import type { Scene } from "./scenes/scene.ts";
import { start } from "./scenes/start.ts";
import { training } from "./scenes/training.ts";
import { troubles } from "./scenes/troubles.ts";
import { writing } from "./scenes/writing.ts";

const scenes: Record<string, Scene> = { start, gallery, training, writing, troubles, runs, dialogs, empty };

/**
 * Takes all scenes, or those named.
 *
 * @returns what axe and the console said and which scene did not come to its end, one line each
 */
export async function takeScreenshots(folder: string, only: readonly string[] = []): Promise<string[]> {
  for (const name of only)
    if (!Object.hasOwn(scenes, name)) throw new Error(`no scene ${name}; there are ${Object.keys(scenes).join(", ")}`);
  const findings: string[] = [];
  for (const [name, scene] of Object.entries(scenes)) {
    if (only.length > 0 && !only.includes(name)) continue;
    console.log(`screenshots: ${name}`);
    const session = await openChromium();
    const camera = cameraOf(session, folder);
    try {
      await scene(session, camera);
    } catch (error) {
      const where = (error as Error).stack?.match(/scenes\/[\w-]+\.ts:\d+/)?.[0] ?? name;
      findings.push(`${name}: did not come to its end, ${where}: ${(error as Error).message.split("\n", 4).join(" ")}`);
    } finally {
      findings.push(...camera.findings);
      await session.close();
    }
  }
  return findings;
}
