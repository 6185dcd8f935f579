/** A notebook's budgets as overrides: what the command line's `--budget` and the app's choice beside Train both apply. */
import type { Override } from "../../request.ts";
import type { Budget } from "./notebook.ts";

export function budgetOverrides({ overrides, seeds }: Budget): Override[] {
  const sets = Object.entries(overrides).map(([target, value]) => ({ target, value }));
  return seeds === null ? sets : [...sets, { target: "seeds", value: seeds }];
}
