import type { AxisPoint } from "./crosshair.ts";

/** The one crosshair of the page: every chart with the same axis shows it. */
class Crosshair {
  at = $state.raw<AxisPoint | null>(null);
}

export const crosshair = new Crosshair();
