/** Parts of a figure, and what of them can be pointed at. */

/** Part of a figure: markup whose origin is its upper left corner. */
export interface Block {
  markup: string;
  height: number;
  areas?: PlotArea[];
  entries?: LegendEntry[];
}

/** Where data lies in a figure, for crosshairs and zoom. Pixels of the figure; a log scale has `log`. */
export interface PlotArea {
  x: number;
  y: number;
  width: number;
  height: number;
  /** `whole`: the values are counts */
  xScale: { domain: [number, number]; log: boolean; name: string; whole?: boolean };
  yScale: { domain: [number, number]; log: boolean; name: string };
  /** the arms' lines: what a crosshair reads */
  lines?: PlotLine[];
  /** the x domain without zoom, where a reader may zoom */
  whole?: [number, number];
}

/** Where an arm's item lies. */
export interface LegendEntry {
  arm: string;
  /** pixels */
  x: number;
  y: number;
  width: number;
  height: number;
  hidden: boolean;
}

/** An arm's line in values of the axes; x rises. */
export interface PlotLine {
  arm: string;
  colour: string;
  x: readonly number[];
  y: readonly number[];
}
