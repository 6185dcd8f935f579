/** What closing a window asks, once. */

export interface ClosingState {
  name: string;
  dirty: boolean;
  /** runs that are training or queued */
  activeRuns: number;
}

type ClosingAnswer = "save" | "discard" | "checkpoint" | "cancel";

export interface ClosingQuestion {
  message: string;
  detail: string;
  answers: { answer: ClosingAnswer; label: string }[];
}

/** null: close at once. Unsaved text and active runs make one question, not two. */
export function closingQuestion({ name, dirty, activeRuns }: ClosingState): ClosingQuestion | null {
  const runs = activeRuns === 1 ? "1 run is" : `${activeRuns} runs are`;
  const keeps = `Each keeps a checkpoint and goes on from it next time.`;
  if (dirty) {
    return {
      message: `Save the changes to ${name}?`,
      detail: activeRuns > 0 ? `${runs} not finished. ${keeps}` : "Unsaved changes are lost otherwise.",
      answers: [
        { answer: "save", label: "Save" },
        { answer: "discard", label: "Don't Save" },
        { answer: "cancel", label: "Cancel" },
      ],
    };
  }
  if (activeRuns > 0) {
    return {
      message: `${runs} not finished.`,
      detail: keeps,
      answers: [
        { answer: "checkpoint", label: "Keep a Checkpoint and Close" },
        { answer: "cancel", label: "Cancel" },
      ],
    };
  }
  return null;
}
