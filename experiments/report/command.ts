/** The command line that means a study, so that a report says how to repeat it. */
import type { Override } from "../request.ts";

export interface StudyCommand {
  /** file name: where the file lies is the reader's affair */
  notebook: string;
  budget: string | null;
  only?: string | null;
  sets?: readonly Override[];
  armSets?: readonly Override[];
}

export function commandLine({ notebook, budget, only = null, sets = [], armSets = [] }: StudyCommand): string {
  const override =
    (option: string) =>
    ({ target, value }: Override) => [option, `${target}=${JSON.stringify(value)}`];
  const words = [
    "switchyard",
    "run",
    notebook,
    ...(budget === null ? [] : ["--budget", budget]),
    ...(only === null ? [] : ["--only", only]),
    ...sets.flatMap(override("--set")),
    ...armSets.flatMap(override("--set-arm")),
  ];
  return words.map(quoted).join(" ");
}

/** As a POSIX shell reads it back. */
const quoted = (word: string): string => (/^[\w./=:,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
