/** How often studies of a design keep what their statistics promise. All functions are deterministic. */
import { pairedSd, simulateStudies, type StudyDesign } from "./simulate.ts";
import { tTestPower } from "../../experiments/statistics/student-t.ts";

export interface Count {
  /** how often it happened, 0 to 1 */
  frequency: number;
  /** out of so many */
  of: number;
}

/** Standard error of a counted frequency whose true value is `p`. */
export const standardError = (p: number, of: number): number => Math.sqrt((p * (1 - p)) / of);

/** Studies whose intervals hold the true difference of the first arm: the t interval, and the bootstrap where there is one. */
export function countCoverage(design: StudyDesign, studies: number, name: string): { t: Count; bootstrap: Count | null } {
  const [truth] = design.shifts;
  const within = (interval: [number, number] | null | undefined) => Number(!!interval && interval[0] <= truth && truth <= interval[1]);
  let [t, bootstrap, bootstraps] = [0, 0, 0];
  for (const [{ ci95, bootstrap95 }] of simulateStudies(design, studies, name)) {
    t += within(ci95);
    bootstrap += within(bootstrap95);
    bootstraps += Number(bootstrap95 !== undefined);
  }
  return {
    t: { frequency: t / studies, of: studies },
    bootstrap: bootstraps ? { frequency: bootstrap / bootstraps, of: bootstraps } : null,
  };
}

/** Studies in which any arm without a true difference gets a verdict: the family-wise error. */
export function countFalseVerdicts(design: StudyDesign, studies: number, name: string): Count {
  let wrong = 0;
  for (const comparisons of simulateStudies(design, studies, name))
    wrong += Number(comparisons.some(({ verdict }, arm) => design.shifts[arm % design.shifts.length] === 0 && verdict !== "cannot tell"));
  return { frequency: wrong / studies, of: studies };
}

/** Studies that tell the first arm's difference, in the right direction. */
export function countTold(design: StudyDesign, studies: number, name: string): Count {
  const right = design.shifts[0] > 0 ? "higher" : "lower";
  let told = 0;
  for (const [{ verdict }] of simulateStudies(design, studies, name)) told += Number(verdict === right);
  return { frequency: told / studies, of: studies };
}

/**
 * The detectable difference that studies of this design report: each is its own estimate, in proportion to the sd that
 * it saw; their quadratic mean is in proportion to the true sd, because a sample variance has no bias.
 */
export function reportedDetectable(design: StudyDesign, studies: number, name: string): number {
  let squares = 0;
  for (const [{ detectable80 }] of simulateStudies(design, studies, name)) squares += detectable80! ** 2;
  return Math.sqrt(squares / studies);
}

/** Share of studies that would tell a difference of the size which a single earlier study of the same design reported as detectable. */
export function powerOfReported(design: StudyDesign, studies: number, name: string): number {
  let power = 0;
  for (const [{ n, detectable80 }] of simulateStudies(design, studies, name)) power += tTestPower(n, detectable80! / pairedSd(design));
  return power / studies;
}
