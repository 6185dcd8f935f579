import type { OpKind } from "../../../program/ops.ts";
import { attention } from "./attention.ts";
import { dense } from "./dense.ts";
import { experts } from "./experts.ts";
import { loss } from "./loss.ts";
import { movement } from "./movement.ts";
import { optimizer } from "./optimizer.ts";
import { routing } from "./routing.ts";
import type { Lowerings } from "./lowering.ts";

/** Every op as a closure over kernel calls. */
export const lowerings: Lowerings<OpKind> = { ...dense, ...attention, ...movement, ...routing, ...experts, ...loss, ...optimizer };
