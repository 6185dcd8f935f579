/** Links leave the app one at a time, after a person has seen where each leads. */
import { shell } from "electron";
import type { NotebookWindow } from "./notebook-window.ts";
import { linkQuestion, windowVerdict } from "./policy/navigation.ts";

/** @throws Error for what is no link that may leave, and where nobody has asked for one */
export async function openLink({ asking }: NotebookWindow, url: string): Promise<void> {
  if (windowVerdict(url) !== "external") throw new Error(`${url.slice(0, 200)} is not a link that may leave the app: only https links do`);
  asking.need("opening a link");
  const answer = await asking.choose({ type: "question", ...linkQuestion(url), buttons: ["Open", "Cancel"], defaultId: 1 });
  if (answer === 0) await shell.openExternal(url);
}
