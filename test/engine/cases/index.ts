import type { OpAttrs, OpKind } from "../../../engine/program/ops.ts";
import { attentionTables } from "./attention.ts";
import { denseTables } from "./dense.ts";
import { expertTables } from "./experts.ts";
import { lossTables } from "./loss.ts";
import { movementTables } from "./movement.ts";
import { type AnyTable, type OpCase, casesOf } from "./op-case.ts";
import { optimizerTables } from "./optimizer.ts";
import { routingTables } from "./routing.ts";

const tables: AnyTable[] = [
  ...denseTables,
  ...attentionTables,
  ...movementTables,
  ...routingTables,
  ...expertTables,
  ...lossTables,
  ...optimizerTables,
];

/** The table of op cases, every op of `ops.ts` at least once. A new op or a new edge is a new row. */
export const opCases: OpCase[] = tables.flatMap(casesOf);

/** Both forms of an op at attributes that are no row of the table. */
export function casesAt<Kind extends OpKind>(kind: Kind, attrs: OpAttrs[Kind]): OpCase[] {
  const table = tables.find((candidate) => candidate.kind === kind);
  return table ? casesOf({ ...table, rows: [attrs] }) : [];
}
