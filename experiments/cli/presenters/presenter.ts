import type { StudyChoice } from "../../runs/devices/choose-backend.ts";
import type { CoordinatorEvent } from "../../runs/training/coordinator.ts";
import type { CacheReport, ExperimentPlan, Miss } from "../../runs/plan/plan.ts";
import type { ExperimentResult } from "../../results.ts";

/** How a run of the command line tells what happens. Results go to standard output, remarks to standard error. */
export interface Presenter {
  device(choice: StudyChoice): void;
  plan(plan: ExperimentPlan, cache: CacheReport, miss: Miss | null): void;
  event(event: CoordinatorEvent): void;
  /** a remark: a notebook's warning, a damaged file, a full disk */
  notice(text: string): void;
  /** what a cell printed */
  log(cell: string, level: string, text: string): void;
  result(experiment: ExperimentResult): void;
  /** what was written */
  wrote(files: { report: string; results: string; folder: string }): void;
  /** no more progress will come; later lines stand below it */
  close(): void;
}
