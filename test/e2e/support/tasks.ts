/** What the page's main thread does, task by task, from Chromium's own trace. */
import type { Page } from "playwright-core";

export interface Task {
  /** milliseconds from its begin to its end, with the time that other programs had the core */
  wall: number;
  /** milliseconds that this thread computed */
  cpu: number;
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** microseconds */
  dur?: number;
  tdur?: number;
  args?: { name?: string };
}

/** Tasks of the page's main thread while `act` runs. */
export async function tasksDuring(page: Page, act: () => Promise<void>): Promise<Task[]> {
  const client = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  client.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await client.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["toplevel"] } });
  await act();
  const complete = new Promise<void>((resolve) => client.once("Tracing.tracingComplete", () => resolve()));
  await client.send("Tracing.end");
  await complete;
  await client.detach();
  const mains = new Set(
    events.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain").map(({ pid, tid }) => `${pid}/${tid}`),
  );
  return (
    events
      .filter(({ name, ph, pid, tid }) => name === "ThreadControllerImpl::RunTask" && ph === "X" && mains.has(`${pid}/${tid}`))
      // the shortest have no time of their own; none computes longer than it lasts
      .map(({ dur = 0, tdur = dur }) => ({ wall: dur / 1000, cpu: tdur / 1000 }))
  );
}
