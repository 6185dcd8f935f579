import type { DrawnSvg } from "../figures/drawn/clean-svg.ts";
import { figures } from "../figures/registry.ts";
import type { FigureRequest } from "../request.ts";
import { leadingFigures, type ReportDocument } from "./document.ts";
import { distinctStems, fileStem } from "./file-names.ts";

/** Width of a figure that stands alone, in pixels of the SVG; a PNG has twice as many. */
export const standaloneWidth = 800;

/** A request as text: equal for requests that are drawn the same, different for all others. */
export function figureIdentity(request: FigureRequest): string {
  const { figure, experiments } = request;
  return JSON.stringify([
    figure,
    experiments,
    Object.entries({ ...defaultsOf(figure), ...request.options }).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}

/** A readable file name without ending: experiments, figure and the options that are not the defaults. */
export function figureFileName(request: FigureRequest): string {
  const { figure, experiments, options } = request;
  const defaults = defaultsOf(figure);
  const told = Object.entries(options)
    .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(defaults[name]))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const text = `${experiments.join("+")}-${figure}${told.map(([name, value]) => `-${name}=${valueText(value)}`).join("")}`;
  const exact =
    [...experiments, figure].every((name) => /^[\p{L}\p{M}\p{N}_.-]+$/u.test(name)) &&
    /^\w+$/.test(figure) &&
    told.every(([name, value]) => isPlain(name, value));
  return fileStem(text, { identity: figureIdentity(request), exact });
}

const defaultsOf = (figure: string): Record<string, unknown> => (Object.hasOwn(figures, figure) ? figures[figure].defaultOptions : {});

const valueText = (value: unknown): string =>
  Array.isArray(value) && value.every(isScalar) ? value.join(",") : typeof value === "object" ? "" : String(value);

const isScalar = (value: unknown): boolean => ["string", "number", "boolean"].includes(typeof value);

/** Whether an option can be read back from its text: a list where the name is a plural, else one value; no word that could be a number. */
function isPlain(name: string, value: unknown): boolean {
  const word = (one: unknown): boolean =>
    typeof one === "string" && /^[\p{L}_][\p{L}\p{M}\p{N}_.]*$/u.test(one) && !/^(?:true|false|NaN|Infinity)$/.test(one);
  if (!/^[A-Za-z]\w*$/.test(name)) return false;
  if (name.endsWith("s") && Array.isArray(value)) return value.length > 0 && value.every(word);
  return typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value)) || (!name.endsWith("s") && word(value));
}

/** Every figure of a document once: those that open its experiments, and those that cells show. */
export function figuresOf(document: ReportDocument): FigureRequest[] {
  const shown = document.blocks.flatMap((block) =>
    block.kind === "cell" ? block.displays.flatMap((item) => (item.kind === "figure" ? [item.request] : [])) : [],
  );
  const all = [...document.results.experiments.flatMap((experiment) => leadingFigures(experiment, document)), ...shown];
  return [...new Map(all.map((request) => [figureIdentity(request), request])).values()];
}

/** The names of a report's files, without folders and endings; two things never share one, on any disk. */
export interface ReportNames {
  figure(request: FigureRequest): string;
  /** what cells drew themselves → the cell and, from the second on, a number */
  drawings: ReadonlyMap<DrawnSvg, string>;
  tables(experiment: string): string;
}

/** After a name of a figure, before its format. */
const variants = ["", "-dark"];

export function namesOf(document: ReportDocument): ReportNames {
  const drawings: { drawn: DrawnSvg; identity: string; name: string }[] = [];
  document.blocks.forEach((block, at) => {
    if (block.kind !== "cell") return;
    const drawn = block.displays.filter((item) => item.kind === "svg");
    drawn.forEach((item, n) =>
      drawings.push({ drawn: item, identity: `drawing ${at} ${n} ${block.id}`, name: fileStem(drawingText(block.id, n)) }),
    );
  });
  const pictures = distinctStems(
    new Map([
      ...figuresOf(document).map((request): [string, string] => [figureIdentity(request), figureFileName(request)]),
      ...drawings.map(({ identity, name }): [string, string] => [identity, name]),
    ]),
    variants,
  );
  const tables = distinctStems(new Map(document.results.experiments.map(({ id }) => [id, fileStem(id)])));
  return {
    figure: (request) => pictures.get(figureIdentity(request)) ?? figureFileName(request),
    drawings: new Map(drawings.map(({ drawn, identity }) => [drawn, pictures.get(identity)!])),
    tables: (experiment) => tables.get(experiment) ?? fileStem(experiment),
  };
}

/** @param n counted from 0 */
export const drawingText = (cell: string, n = 0): string => `${cell}-drawing${n > 0 ? `-${n + 1}` : ""}`;
