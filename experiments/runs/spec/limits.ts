/** How much one experiment and one notebook may ask for: told before anything is planned, because planning itself takes time. */
import { formatCount } from "../../statistics/numbers.ts";
import type { SpecProblem } from "./problems.ts";

/** Of one experiment, and of a notebook's experiments together. */
export const mostRuns = 10_000;

export const mostExperiments = 1_000;

/** Problems of one spec beyond these are counted, not listed. */
const mostProblems = 100;

/** What is wrong with the number of arms and seeds of a spec as it was written; null where they can be looked at one by one. */
export function countProblem(spec: unknown): SpecProblem | null {
  const { arms, seeds } = (typeof spec === "object" && spec !== null ? spec : {}) as { arms?: unknown; seeds?: unknown };
  const named = Array.isArray(arms) ? arms.length : typeof arms === "object" && arms !== null ? Object.keys(arms).length : 0;
  if (named > mostRuns) return { path: "arms", message: `${formatCount(named)} arms: ${limit}` };
  if (Array.isArray(seeds) && seeds.length > mostRuns) return { path: "seeds", message: `${formatCount(seeds.length)} seeds: ${limit}` };
  return null;
}

export function runsProblem(arms: number, seeds: number): SpecProblem | null {
  if (arms * seeds <= mostRuns) return null;
  const message = `${counted(arms, "arm")} × ${counted(seeds, "seed")} are ${formatCount(arms * seeds)} runs: ${limit}`;
  return { path: seeds > 1 ? "seeds" : "arms", message };
}

export function notebookProblem(runs: number): SpecProblem | null {
  if (runs <= mostRuns) return null;
  const message =
    `the notebook's experiments are ${formatCount(runs)} runs together; ${formatCount(mostRuns)} are the most. ` +
    "Fewer seeds or arms, or --only and the name of a cell, make them less";
  return { path: "", message };
}

export function experimentsProblem(experiments: number): SpecProblem | null {
  if (experiments <= mostExperiments) return null;
  const message = `the notebook asks for more than ${formatCount(mostExperiments)} experiments, which are the most; an experiment can have many arms`;
  return { path: "", message };
}

/** Problems that a person can read: as many as fit a page, and how many more there are. */
export function readable(problems: SpecProblem[]): SpecProblem[] {
  const more = problems.length - mostProblems;
  return more <= 0 ? problems : [...problems.slice(0, mostProblems), { path: "", message: `… and ${formatCount(more)} more problems` }];
}

const limit = `${formatCount(mostRuns)} runs are the most that one experiment may have`;

const counted = (n: number, noun: string): string => `${formatCount(n)} ${noun}${n === 1 ? "" : "s"}`;
