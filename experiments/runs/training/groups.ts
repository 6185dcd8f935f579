/** Which runs of a study may train side by side in one worker, and how many at once. */
import type { BackendInfo } from "../../../engine/backends/backend.ts";
import { replicaLimit } from "../../../engine/backends/webgpu/layout.ts";
import type { RunConfig } from "../../../engine/model/config.ts";
import { planBytes, planRun } from "../../../engine/plan/plan.ts";
import { coveringConfig, programsOf } from "../../../engine/train/shared-program.ts";
import type { GroupRule } from "./schedule.ts";

/** @param replicas how many runs of a program one worker takes at once */
export function groupRules(configs: readonly RunConfig[], replicas: (program: RunConfig) => number): GroupRule[] {
  const programs = programsOf(configs);
  const sizes = new Map(
    [...new Set(programs)].map((program) => [program, replicas(coveringConfig(configs.filter((_, n) => programs[n] === program)))]),
  );
  return programs.map((program) => ({ program, size: Math.max(1, sizes.get(program)!) }));
}

/** More than this gains nothing on a GPU that so many keep busy, and makes every arm wait for its first result. */
const mostReplicas = 16;
/** WebGPU does not say how much memory there is; a group that asks for too much is halved when it is refused. */
const groupBytes = 2 * 2 ** 30;

/** How many runs of a program a backend trains side by side in one worker: on WebGPU as many as buffers, bindings and memory take, elsewhere one. */
export function replicasOn({ name, limits }: BackendInfo): (program: RunConfig) => number {
  return (program) => {
    if (name !== "webgpu" || !limits) return 1;
    const plan = planRun(program);
    return Math.max(1, Math.min(mostReplicas, replicaLimit(plan, limits), Math.floor(groupBytes / planBytes(plan))));
  };
}
