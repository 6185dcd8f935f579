import { encode } from "../../runs/store/json.ts";
import { firstMiss, lookUp } from "../../runs/plan/plan.ts";
import { checkArguments } from "../arguments.ts";
import { remark, say } from "../output.ts";
import { planText } from "../plan-text.ts";
import { openStores } from "../stores.ts";
import { cellErrorText, planStudy } from "../study.ts";
import { typeErrors } from "../types.ts";

/** `switchyard check`: everything that can be wrong with a notebook before it trains, and what it would cost. */
export async function check(argv: string[]): Promise<number> {
  const args = checkArguments(argv);
  const planned = await planStudy(args);
  for (const warning of planned.notebook.warnings) remark(`${args.notebook}:${warning.line}: ${warning.message}\n`);
  const types = await typeErrors(planned);
  if (types === null) remark("Types were not checked: the package typescript is not installed.\n");
  for (const error of types ?? []) remark(`${args.notebook}: ${cellErrorText(error)}\n`);
  const { store } = openStores(args.notebook, null, (text) => remark(`${text}\n`));
  for (const plan of planned.plans) {
    const cache = await lookUp(plan, store);
    const { experiment, arms, runs, dataHash } = plan;
    if (args.json)
      say(
        `${encode({ type: "plan", experiment: experiment.id, cell: experiment.cell, title: experiment.title, dataHash, arms, runs: runs.map(({ config: _config, ...run }) => ({ ...run, cached: cache.cached.has(run.id) })) })}\n`,
      );
    else say(`${planText(plan, cache, await firstMiss(plan, cache))}\n`);
  }
  if (planned.plans.length === 0 && !args.json) say("no experiments\n");
  return types !== null && types.length > 0 ? 2 : 0;
}
