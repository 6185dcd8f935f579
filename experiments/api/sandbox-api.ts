/** The sandbox's side of the module "switchyard", as JavaScript text that the kernel evaluates before any cell. */
import { figureFunctions } from "./names.ts";
import { sandboxArms } from "./sandbox/arms.ts";
import { sandboxExperiment } from "./sandbox/experiment-value.ts";
import { sandboxInspect } from "./sandbox/inspect.ts";
import { sandboxSharing } from "./sandbox/sharing.ts";
import { sandboxStillness } from "./sandbox/stillness.ts";
import { sandboxRuntime } from "./sandbox/runtime.ts";
import { sandboxValues } from "./sandbox/values.ts";

/**
 * An expression: a function from the host's functions to `{ run, provide, forget, enter }` (see `sandbox/runtime.ts`). Each part is a
 * function that uses nothing from outside itself, so that its own text is its whole meaning.
 */
export function sandboxSource(): string {
  return `"use strict";
((host) => {
  // first, so that the other parts take the clock and chance that cells have
  const stillness = (${sandboxStillness})();
  const values = (${sandboxValues})();
  const parts = {
    stillness,
    values,
    sharing: (${sandboxSharing})(),
    inspect: (${sandboxInspect})(),
    arms: (${sandboxArms})(),
    experimentValue: (${sandboxExperiment})(values.decode, host.curves),
    figures: ${JSON.stringify(figureFunctions)},
  };
  return (${sandboxRuntime})(host, parts);
})`;
}
