import { LineCounter, parseDocument } from "yaml";
import { forbiddenName, forbiddenNames, isForbidden, nameMap, put } from "../../own-keys.ts";
import { shownSafely } from "../../text/well-named.ts";
import { excessOf, limits, refuseLonger, TooMuch } from "./limits.ts";
import type { Budget, FrontMatter, JsonValue, NotebookWarning } from "./notebook.ts";

const opening = /^---[ \t]*(?:\r\n|\n|\r)/;
const closing = /(^|\n|\r)---[ \t]*(\r\n|\n|\r|$)/g;

/** The format version this program writes and fully understands. */
export const formatVersion = 1;

/**
 * Reads the YAML block at the top of a notebook. Whatever is wrong with it becomes a warning; the text stays as it is.
 * @param start offset after a byte order mark
 */
export function readFrontMatter(text: string, start: number): { frontMatter: FrontMatter; warnings: NotebookWarning[] } {
  const warnings: NotebookWarning[] = [];
  const warn = (line: number, message: string, kind: NotebookWarning["kind"] = "front matter") => warnings.push({ kind, message, line });
  const frontMatter: FrontMatter = { version: null, title: null, budget: nameMap(), data: {}, span: { start, end: start } };

  const open = opening.exec(text.slice(start));
  if (!open) {
    warn(1, `There is no front matter: a notebook starts with "---", "switchyard: ${formatVersion}", a title and "---".`);
    return { frontMatter, warnings };
  }
  // The search starts on the line ending of the opening line, so that an empty block is found too.
  closing.lastIndex = start + open[0].length - 1;
  const close = closing.exec(text);
  if (!close) {
    warn(1, 'The front matter is never closed: its last line must be "---".');
    return { frontMatter, warnings };
  }
  const bodyStart = start + open[0].length;
  const body = text.slice(bodyStart, Math.max(bodyStart, close.index + close[1].length));
  frontMatter.span.end = closing.lastIndex;

  const { data, errors } = readYaml(body, warn);
  if (data === null || data === undefined) {
    if (errors === 0) warn(1, `The front matter is empty: it should hold "switchyard: ${formatVersion}".`);
    return { frontMatter, warnings };
  }
  if (typeof data !== "object" || Array.isArray(data)) {
    warn(1, "The front matter must be a list of `key: value` lines.");
    return { frontMatter, warnings };
  }
  for (const path of forbiddenNames(data)) warn(1, `${path.join(".")}: ${forbiddenName(String(path.at(-1)))}.`);
  frontMatter.data = data as Record<string, unknown>;
  readKnownKeys(frontMatter, warn);
  return { frontMatter, warnings };
}

type Warn = (line: number, message: string, kind?: NotebookWarning["kind"]) => void;

/** Errors beyond these would say nothing new. */
const mostErrors = 20;

function readYaml(body: string, warn: Warn): { data: unknown; errors: number } {
  try {
    refuseLonger(body, limits.frontMatter, "it");
    refuseDeepYaml(body);
    const lines = new LineCounter();
    const document = parseDocument(body, { lineCounter: lines, prettyErrors: false });
    const { errors } = document;
    for (const problem of errors.slice(0, mostErrors))
      warn(lines.linePos(problem.pos[0]).line + 1, `The front matter is not valid YAML: ${problem.message}`);
    return { data: errors.length === 0 ? toPlain(() => document.toJS(), warn) : null, errors: errors.length };
  } catch (error) {
    warn(1, `The front matter cannot be read: ${excessOf(error, "it")}.`, "too much");
    return { data: {}, errors: 1 };
  }
}

/** Collections that open within each other by marks on one line; those of indentation are bounded by the length. */
function refuseDeepYaml(body: string): void {
  const deepest = 2 * limits.containers;
  if ((body.match(/[[{]/g) ?? []).length > 1000 || new RegExp(`(?:[-?:] +){${deepest},}`).test(body))
    throw new TooMuch("it opens more lists and maps than settings need");
  if ((body.match(/[&*]/g) ?? []).length > 100) throw new TooMuch("it has more anchors and references than settings need");
}

function toPlain(read: () => unknown, warn: Warn): unknown {
  try {
    return read();
  } catch (error) {
    // e.g. more aliases than the YAML library expands
    warn(1, `The front matter cannot be read: ${(error as Error).message}`, "too much");
    return {};
  }
}

function readKnownKeys(frontMatter: FrontMatter, warn: Warn): void {
  const { switchyard, title, budget, ...unknown } = frontMatter.data;
  if (typeof switchyard === "number") frontMatter.version = switchyard;
  if (switchyard === undefined) warn(1, `The front matter does not say "switchyard: ${formatVersion}".`);
  else if (switchyard !== formatVersion)
    warn(1, `The notebook says "switchyard: ${String(switchyard)}"; this version knows ${formatVersion} and reads it as that.`);
  if (typeof title === "string") frontMatter.title = shownSafely(title);
  else if (title !== undefined) warn(1, "`title` must be text.");
  if (budget !== undefined) frontMatter.budget = readBudgets(budget, warn);
  for (const key of Object.keys(unknown)) warn(1, `\`${key}\` in the front matter has no meaning here and is kept as it is.`);
}

function readBudgets(value: unknown, warn: Warn): Record<string, Budget> {
  const budgets = nameMap<Budget>();
  if (!isRecord(value)) {
    warn(1, "`budget` must map a name such as smoke to overrides such as `train.steps: 20`.", "budget");
    return budgets;
  }
  for (const [name, entry] of Object.entries(value)) if (!isForbidden(name)) put(budgets, name, readBudget(name, entry, warn));
  return budgets;
}

/** A map of overrides, or a list of such maps and of `path=json` texts as `--set` takes them. */
function readBudget(name: string, value: unknown, warn: Warn): Budget {
  const budget: Budget = { overrides: nameMap(), seeds: null };
  const refuse = (what: string) => warn(1, `budget.${name}: ${what}`, "budget");
  const set = (path: string, override: unknown) => {
    if (isForbidden(path)) return;
    if (path !== "seeds") put(budget.overrides, path, override as JsonValue);
    else if (isSeeds(override)) budget.seeds = override;
    else refuse("seeds must be a whole number above 0 or a list of whole numbers");
  };
  for (const part of Array.isArray(value) ? value : [value]) {
    if (isRecord(part)) for (const [path, override] of Object.entries(part)) set(path, override);
    else if (typeof part === "string" && part.includes("=")) {
      const at = part.indexOf("=");
      try {
        set(part.slice(0, at).trim(), JSON.parse(part.slice(at + 1)));
      } catch {
        refuse(`"${part}" must be path=JSON`);
      }
    } else if (part !== null) refuse("must map paths to values, such as `train.steps: 20`");
  }
  return budget;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

const isSeeds = (value: unknown): value is number | number[] =>
  Array.isArray(value) ? value.length > 0 && value.every(Number.isInteger) : Number.isInteger(value) && (value as number) > 0;
