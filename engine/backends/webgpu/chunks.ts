import type { Dispatch } from "./compile.ts";

/** A command buffer ends after this much work or this many dispatches: well below the time after which Windows resets a GPU. */
const maxFlops = 2e9;
const maxDispatches = 256;

/** Dispatches in order, cut into what goes into one command buffer each; `share` of a dispatch's work is done (fewer replicas than it was compiled for). */
export function chunks(dispatches: readonly Dispatch[], share = 1): Dispatch[][] {
  const all: Dispatch[][] = [];
  let chunk: Dispatch[] = [];
  let flops = 0;
  for (const dispatch of dispatches) {
    if (chunk.length === 0) all.push(chunk);
    chunk.push(dispatch);
    flops += dispatch.flops * share;
    if (chunk.length < maxDispatches && flops < maxFlops) continue;
    chunk = [];
    flops = 0;
  }
  return all;
}
