/** What a reader has made of a figure: arms hidden, a part of the axis shown. It lasts while the notebook is open. */
import type { View } from "../../experiments/figures/figure.ts";
import type { FigureRequest } from "../../experiments/request.ts";

export class FigureView {
  hidden = $state.raw<readonly string[]>([]);
  zoom = $state.raw<View["zoom"]>(null);

  /** the view, or undefined while it is the figure as it was asked for */
  get changed(): View | undefined {
    return this.hidden.length || this.zoom ? { hidden: this.hidden, zoom: this.zoom } : undefined;
  }

  toggle(arm: string): void {
    this.hidden = this.hidden.includes(arm) ? this.hidden.filter((other) => other !== arm) : [...this.hidden, arm];
  }

  /** All but one of the arms are hidden, or none when that is how it is. */
  only(arm: string, arms: readonly string[]): void {
    const others = arms.filter((other) => other !== arm);
    const alone = !this.hidden.includes(arm) && others.every((other) => this.hidden.includes(other));
    this.hidden = alone ? [] : others;
  }
}

const views = new WeakMap<object, Map<string, FigureView>>();

/** The same figure of the same experiments has one view in a notebook, wherever and how often it is drawn. */
export function viewOf(notebook: object, { figure, experiments }: FigureRequest): FigureView {
  const own = views.get(notebook) ?? new Map<string, FigureView>();
  views.set(notebook, own);
  const key = JSON.stringify([figure, experiments]);
  const view = own.get(key) ?? new FigureView();
  own.set(key, view);
  return view;
}
