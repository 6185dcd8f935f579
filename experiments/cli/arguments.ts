import { parseArgs } from "node:util";
import type { BackendName } from "../../engine/backends/backend.ts";
import { forbiddenName, forbiddenNames, own } from "../own-keys.ts";
import type { Json } from "../json-value.ts";
import type { Paper } from "../report/html.ts";
import type { Override } from "../request.ts";

/** The command line itself makes no sense. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What decides which runs a notebook means. */
export interface StudyArguments {
  notebook: string;
  budget: string | null;
  only: string | null;
  sets: Override[];
  armSets: Override[];
}

export interface RunArguments extends StudyArguments {
  out: string | null;
  backend: BackendName | "auto";
  jobs: number | null;
  fresh: boolean;
  /** files in the way that are not ours are replaced */
  force: boolean;
  json: boolean;
}

const studyOptions = {
  budget: { type: "string" },
  seeds: { type: "string" },
  only: { type: "string" },
  set: { type: "string", multiple: true },
  "set-arm": { type: "string", multiple: true },
} as const;

export function runArguments(argv: string[]): RunArguments {
  const { values, positionals } = parse(argv, {
    ...studyOptions,
    out: { type: "string" },
    backend: { type: "string" },
    jobs: { type: "string" },
    fresh: { type: "boolean" },
    force: { type: "boolean" },
    json: { type: "boolean" },
  });
  const backend = values.backend ?? "auto";
  if (!["auto", "webgpu", "cpu", "reference"].includes(backend))
    throw new UsageError(`--backend ${backend}: needs auto, webgpu, cpu or reference`);
  return {
    ...studyArguments(values, positionals),
    out: values.out ?? null,
    backend: backend as BackendName | "auto",
    jobs: values.jobs === undefined ? null : wholeNumber("--jobs", values.jobs),
    fresh: values.fresh ?? false,
    force: values.force ?? false,
    json: values.json ?? false,
  };
}

export interface CheckArguments extends StudyArguments {
  json: boolean;
}

export function checkArguments(argv: string[]): CheckArguments {
  const { values, positionals } = parse(argv, { ...studyOptions, json: { type: "boolean" } });
  return { ...studyArguments(values, positionals), json: values.json ?? false };
}

export interface ReportArguments extends StudyArguments {
  /** any of budget, seeds, only, set, set-arm was given; otherwise those of the last run hold */
  explicit: boolean;
  out: string | null;
  html: string | null;
  pdf: string | null;
  /** of the PDF */
  paper: Paper;
  md: string | null;
  /** files in the way that are not ours are replaced */
  force: boolean;
}

export function reportArguments(argv: string[]): ReportArguments {
  const { values, positionals } = parse(argv, {
    ...studyOptions,
    out: { type: "string" },
    html: { type: "string" },
    pdf: { type: "string" },
    paper: { type: "string" },
    md: { type: "string" },
    force: { type: "boolean" },
  });
  const { out = null, html = null, pdf = null, md = null, force = false } = values;
  const explicit = Object.keys(studyOptions).some((name) => values[name as keyof typeof values] !== undefined);
  return { ...studyArguments(values, positionals), explicit, out, html, pdf, paper: paperNamed(values.paper ?? "a4"), md, force };
}

function paperNamed(name: string): Paper {
  const papers: Record<string, Paper> = { a4: "A4", letter: "Letter" };
  const paper = own(papers, name.toLowerCase());
  if (!paper) throw new UsageError(`--paper ${name}: needs a4 or letter`);
  return paper;
}

/** `30d`, `12h`, `45m` or `90s` in milliseconds. */
export function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text);
  if (!match) throw new UsageError(`--older ${text}: needs a duration such as 30d, 12h, 45m or 90s`);
  return Number(match[1]) * { s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3 }[match[2] as "s" | "m" | "h" | "d"];
}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

export function parse<T extends Options>(argv: string[], options: T) {
  try {
    return parseArgs({ args: argv, options, allowPositionals: true, strict: true });
  } catch (error) {
    // Node explains options that begin with "-" at length; its first sentence says what is wrong
    throw new UsageError((error as Error).message.split(". ")[0]);
  }
}

type StudyValues = { budget?: string; seeds?: string; only?: string; set?: string[]; "set-arm"?: string[] };

function studyArguments(values: StudyValues, positionals: string[]): StudyArguments {
  if (positionals.length !== 1)
    throw new UsageError(positionals.length === 0 ? "which notebook?" : `one notebook at a time, not ${positionals.join(" and ")}`);
  const sets = (values.set ?? []).map((text) => override("--set", text));
  if (values.seeds !== undefined) sets.push({ target: "seeds", value: wholeNumber("--seeds", values.seeds) });
  return {
    notebook: positionals[0],
    budget: values.budget ?? null,
    only: values.only ?? null,
    sets,
    armSets: (values["set-arm"] ?? []).map((text) => override("--set-arm", text)),
  };
}

/** `PATH=JSON`; what is no JSON is taken as text, so that `train.keep=none` needs no quotes within quotes. */
function override(option: string, text: string): Override {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`${option} ${text}: needs PATH=JSON`);
  const written = text.slice(at + 1);
  let value: Json;
  try {
    value = JSON.parse(written) as Json;
  } catch {
    value = written;
  }
  const target = text.slice(0, at);
  for (const path of forbiddenNames(value)) throw new UsageError(`${option} ${target}: ${forbiddenName(String(path.at(-1)))}`);
  return { target, value };
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new UsageError(`${option} ${text}: needs a whole number of at least 1`);
  return value;
}
