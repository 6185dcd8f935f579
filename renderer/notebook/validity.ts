/** A cell's state in the few words that fit its header. */
import type { CellStatus, Validity } from "../../experiments/notebook/cells/cells.ts";

export interface ValidityText {
  text: string;
  title: string;
  tone: "plain" | "warn" | "bad";
  /** what is shown belongs to an older text, or is about to be replaced: dim it */
  old: boolean;
}

/**
 * @param waitsFor ids of the cells it reads that have no value yet
 * @param refused it has an error without having run
 */
export function validityText(
  status: CellStatus,
  validity: Validity,
  experiment: boolean,
  waitsFor: readonly string[] = [],
  refused = false,
): ValidityText {
  const plain = (text: string, title = "", old = false): ValidityText => ({ text, title, tone: "plain", old });
  if (status === "running") return plain(experiment ? "training…" : "running…", "", !experiment);
  if (status === "paused") return plain("paused");
  if (status === "queued") return plain("waiting for a cell it reads", "", true);
  switch (validity.kind) {
    case "never":
      if (refused) return { text: "cannot run", title: "The reason is below the code.", tone: "bad", old: false };
      if (experiment) return plain("not trained yet", "An experiment trains only when you run it (Shift+Enter).");
      return waitsFor.length === 0
        ? plain("")
        : plain(`waits for ${waitsFor.map((id) => `#${id}`).join(", ")}`, "It runs by itself once what it reads has values.");
    case "fresh":
      return plain("");
    case "cached":
      return plain("cached", "Every run came from the store: nothing had to be trained.");
    case "stale":
      return {
        text: `stale: ${validity.why}`,
        title: "What is shown was made before the change. Run the cell again to bring it up to date.",
        tone: "warn",
        old: true,
      };
    case "failed":
      return { text: "failed", title: "", tone: "bad", old: true };
    case "aborted":
      return { text: "stopped", title: "", tone: "warn", old: true };
  }
}
