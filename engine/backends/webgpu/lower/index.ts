import type { OpKind } from "../../../program/ops.ts";
import type { Lower } from "../launch.ts";
import { attention } from "./attention.ts";
import { dense } from "./dense.ts";
import { experts } from "./experts.ts";
import { loss } from "./loss.ts";
import { movement } from "./movement.ts";
import { optimizer } from "./optimizer.ts";
import { routing } from "./routing.ts";

/** How each op becomes dispatches. */
export const lowerings: { [Kind in OpKind]: Lower<Kind> } = {
  ...dense,
  ...attention,
  ...movement,
  ...routing,
  ...experts,
  ...loss,
  ...optimizer,
};
