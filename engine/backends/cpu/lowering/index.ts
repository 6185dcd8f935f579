import type { OpKind } from "../../../program/ops.ts";
import { losses } from "./losses.ts";
import type { Lowerings } from "./lowering.ts";
import { products } from "./products.ts";
import { routing } from "./routing.ts";
import { rows } from "./rows.ts";

/** Every op as a closure over kernel calls. */
export const lowerings: Lowerings<OpKind> = { ...products, ...rows, ...routing, ...losses };
