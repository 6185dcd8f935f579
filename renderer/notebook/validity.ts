/** A cell's state in the few words that fit its header. */
import type { CellStatus, Validity } from "../state/cell-state.svelte.ts";

export interface ValidityText {
  text: string;
  title: string;
  tone: "plain" | "warn" | "bad";
  /** what is shown belongs to an older text: dim it */
  old: boolean;
}

export function validityText(status: CellStatus, validity: Validity, experiment: boolean): ValidityText {
  const plain = (text: string, title = "", old = false): ValidityText => ({ text, title, tone: "plain", old });
  if (status === "running") return plain(experiment ? "training…" : "running…", "", true);
  if (status === "queued") return plain("waiting for a cell above", "", true);
  switch (validity.kind) {
    case "never":
      return experiment ? plain("not trained yet", "An experiment trains only when you run it (Shift+Enter).") : plain("");
    case "planned":
      return plain("planned, not trained yet", "An experiment trains only when you run it (Shift+Enter).");
    case "fresh":
      return plain("");
    case "stale":
      return { text: `stale: ${validity.why}`, title: "What is shown was made before the change. Run the cell again to bring it up to date.", tone: "warn", old: true };
    case "failed":
      return { text: "failed", title: "", tone: "bad", old: true };
    case "aborted":
      return { text: "stopped", title: "", tone: "warn", old: true };
  }
}
