import { attentionCases } from "./attention.ts";
import { denseCases } from "./dense.ts";
import { expertCases } from "./experts.ts";
import { lossCases } from "./loss.ts";
import { movementCases } from "./movement.ts";
import type { OpCase } from "./op-case.ts";
import { optimizerCases } from "./optimizer.ts";
import { routingCases } from "./routing.ts";

/** The table of op cases, every op of `ops.ts` at least once. A new op or a new edge is a new row. */
export const opCases: OpCase[] = [
  ...denseCases,
  ...attentionCases,
  ...movementCases,
  ...routingCases,
  ...expertCases,
  ...lossCases,
  ...optimizerCases,
];
