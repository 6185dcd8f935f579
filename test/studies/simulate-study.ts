/** The study of our own statistics: every promise, in every design, beside how often it was kept. */
import {
  countCoverage,
  countFalseVerdicts,
  countTold,
  powerOfReported,
  reportedDetectable,
  standardError,
  type Count,
} from "./simulate-counts.ts";
import { pairedSd, type StudyDesign } from "./simulate.ts";

/** Equal arms have paired differences with an sd of about 0.02 nats, that of the default study's validation loss. */
const equal = 0.02 / Math.SQRT2;

const plain = (seeds: number): StudyDesign => ({ seeds, shifts: [0], noise: [equal, equal] });

/** Designs of one arm and a baseline, by name; the arm's true difference is set by each count. */
const designs: Record<string, StudyDesign> = {
  "3 seeds": plain(3),
  "5 seeds": plain(5),
  "10 seeds": plain(10),
  "3 seeds, one run diverged": { ...plain(3), diverged: true },
  "5 seeds, one run diverged": { ...plain(5), diverged: true },
  "5 seeds, arms four times as noisy as the baseline": { ...plain(5), noise: [equal, 4 * equal] },
};
const ordinary = ["3 seeds", "5 seeds", "10 seeds"];

/** Designs that have a bootstrap interval. */
const bootstrapped: Record<string, StudyDesign> = { "8 seeds": plain(8), "10 seeds": plain(10) };

/** Arms beside the baseline over which Holm corrects. */
const families = [1, 3, 4];

const withShifts = (design: StudyDesign, ...shifts: number[]): StudyDesign => ({
  ...design,
  shifts,
  noise: [design.noise[0], ...shifts.map(() => design.noise[1])],
});

/** A promised frequency. */
interface Promised {
  text: string;
  frequency: number;
  /** @param slack simulation error that is granted */
  holds(counted: number, slack: number): boolean;
}

const near = (frequency: number, by: number): Promised => ({
  text: `${percent(frequency, 0)} ± ${100 * by}`,
  frequency,
  holds: (counted, slack) => Math.abs(counted - frequency) <= Math.max(by, slack),
});
const atMost = (frequency: number): Promised => ({
  text: `≤ ${percent(frequency, 0)}`,
  frequency,
  holds: (counted, slack) => counted <= frequency + slack,
});

export interface Finding {
  design: string;
  what: string;
  counted: Count;
  /** null: nothing is promised, the figure is for the reader */
  promised: Promised | null;
  kept: boolean;
}

/** Standard errors granted to a count: chance passes five once in two million times. */
const slack = 5;

function finding(design: string, what: string, counted: Count, promised: Promised | null): Finding {
  const kept = promised === null || promised.holds(counted.frequency, slack * standardError(promised.frequency, counted.of));
  return { design, what, counted, promised, kept };
}

/** 95 % intervals hold the true difference in 95 of 100 studies. */
export function* studyCoverage(studies: number, names = Object.keys(designs)): Generator<Finding> {
  for (const name of names) {
    const { t } = countCoverage(withShifts(designs[name], 1.5 * pairedSd(designs[name])), studies, `coverage, ${name}`);
    yield finding(name, "the 95 % interval holds the true difference", t, near(0.95, 0.01));
  }
}

/** So do those of the bootstrap, which knows no normal distribution, or nearly. */
export function* studyBootstrap(studies: number, names = Object.keys(bootstrapped)): Generator<Finding> {
  for (const name of names) {
    const { bootstrap } = countCoverage(withShifts(bootstrapped[name], 1.5 * pairedSd(bootstrapped[name])), studies, `coverage, ${name}`);
    yield finding(name, "the bootstrap interval holds it", bootstrap!, near(0.95, 0.02));
  }
}

/** The one arm that differs, by the size that studies of the design report as detectable, is told in 80 of 100 studies: by itself, and after Holm beside others that do not differ. */
export function* studyPower(studies: number, names = Object.keys(designs)): Generator<Finding> {
  for (const name of names) {
    for (const family of ordinary.includes(name) ? families : [1]) {
      const design = family === 1 ? name : `${name}, ${family} arms`;
      const others = new Array<number>(family - 1).fill(0);
      const detectable = reportedDetectable(withShifts(designs[name], 0, ...others), studies, `detectable, ${design}`);
      const told = countTold(withShifts(designs[name], detectable, ...others), studies, `power, ${design}`);
      yield finding(design, "a difference of the detectable size is told", told, near(0.8, 0.03));
    }
  }
}

/** Four arms without a true difference get any verdict at all in at most 5 of 100 studies, with two primary metrics too. */
export function* studyFamilies(studies: number, names = Object.keys(designs)): Generator<Finding> {
  for (const name of names) {
    const design = withShifts(designs[name], 0, 0, 0, 0);
    yield finding(`${name}, 4 equal arms`, "any arm gets a verdict", countFalseVerdicts(design, studies, `family, ${name}`), atMost(0.05));
    const wrong = countFalseVerdicts({ ...design, metrics: 2 }, studies, `two metrics, ${name}`);
    yield finding(`${name}, 4 equal arms, 2 primary metrics`, "any arm gets a verdict", wrong, atMost(0.05));
  }
}

/** The same for three equal arms beside one that differs: Holm then tests the three at a milder level. */
export function* studyMixedFamilies(studies: number, names = ["5 seeds"]): Generator<Finding> {
  for (const name of names) {
    const mixed = withShifts(designs[name], 10 * pairedSd(designs[name]), 0, 0, 0);
    yield finding(
      `${name}, 3 equal arms and one far off`,
      "any of the equal arms gets a verdict",
      countFalseVerdicts(mixed, studies, `mixed family, ${name}`),
      atMost(0.05),
    );
  }
}

/** What is not promised: how far the figure of a single study may be off. */
export function* studyLimits(studies: number, names = ordinary): Generator<Finding> {
  for (const name of names) {
    const counted = { frequency: powerOfReported(designs[name], studies, `own figure, ${name}`), of: studies };
    yield finding(name, "a difference of the size that one earlier study called detectable is told", counted, null);
  }
}

export function percent(frequency: number, digits = 1): string {
  return `${(100 * frequency).toFixed(digits)} %`;
}
