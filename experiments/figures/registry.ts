/** Every figure by name: what cells ask for, what the app offers, what a report shows. */
import type * as v from "valibot";
import type { FigureRequest } from "../request.ts";
import type { ExperimentResult } from "../results.ts";
import { architecture, architectureOptions } from "./architecture.ts";
import { comparisonTable, comparisonTableOptions } from "./comparison-table.ts";
import { conclusion, conclusionOptions } from "./conclusion.ts";
import { curves, curvesOptions } from "./curves.ts";
import { expertLoad, expertLoadOptions } from "./expert-load.ts";
import { stack, type Figure, type FigureOptions } from "./figure.ts";
import { forest, forestOptions } from "./forest.ts";
import { loadOverTime, loadOverTimeOptions } from "./load-over-time.ts";
import { mtpAcceptance, mtpAcceptanceOptions } from "./mtp-acceptance.ts";
import { parseOptions } from "./options.ts";
import { specialisation, specialisationOptions } from "./specialisation.ts";
import { sweep, sweepOptions } from "./sweep.ts";
import { tradeOff, tradeOffOptions } from "./trade-off.ts";

export interface FigureDefinition {
  /** for menus */
  title: string;
  defaultOptions: Record<string, unknown>;
  /** @param options checked here, complete or not; throws a TypeError that names what is wrong */
  draw(experiment: ExperimentResult, options: unknown, frame: FigureOptions): Figure;
}

export const figures: Readonly<Record<string, FigureDefinition>> = {
  curves: define("curves", "Curves", curvesOptions, curves),
  forest: define("forest", "Differences", forestOptions, forest),
  tradeOff: define("tradeOff", "Trade-off", tradeOffOptions, tradeOff),
  expertLoad: define("expertLoad", "Expert load", expertLoadOptions, expertLoad),
  loadOverTime: define("loadOverTime", "Load over time", loadOverTimeOptions, loadOverTime),
  specialisation: define("specialisation", "Specialisation", specialisationOptions, specialisation),
  mtpAcceptance: define("mtpAcceptance", "MTP acceptance", mtpAcceptanceOptions, mtpAcceptance),
  sweep: define("sweep", "Sweep", sweepOptions, sweep),
  architecture: define("architecture", "Architecture", architectureOptions, architecture),
  comparisonTable: define("comparisonTable", "Table", comparisonTableOptions, comparisonTable),
  conclusion: define("conclusion", "Conclusion", conclusionOptions, conclusion),
};

/**
 * Draws what a cell asked for. A request crosses from untrusted code: its name, experiments and options are checked, and
 * what is wrong with it is said in the error.
 */
export function drawFigure(request: FigureRequest, experiments: ReadonlyMap<string, ExperimentResult>, frame: FigureOptions): Figure {
  const { figure: name, experiments: ids, options } = request;
  if (!Object.hasOwn(figures, name)) throw new TypeError(`There is no figure "${name}"; there are ${Object.keys(figures).join(", ")}.`);
  if (ids.length === 0) throw new TypeError(`${name}: no experiment was given.`);
  const drawn = ids.map((id) => {
    const experiment = experiments.get(id);
    if (!experiment) throw new TypeError(`${name}: there is no result of experiment "${id}" yet.`);
    return figures[name].draw(experiment, options, frame);
  });
  return stack(drawn, ids, frame);
}

function define<T>(
  name: string,
  title: string,
  schema: v.GenericSchema<unknown, T>,
  draw: (experiment: ExperimentResult, options: T, frame: FigureOptions) => Figure,
): FigureDefinition {
  return {
    title,
    defaultOptions: parseOptions(name, schema, {}) as Record<string, unknown>,
    draw: (experiment, options, frame) => draw(experiment, parseOptions(name, schema, options), frame),
  };
}
