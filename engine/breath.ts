/**
 * Hands the thread to waiting messages and comes back at once. A MessageChannel rather than a timer: browsers hold
 * nested timers back by 4 ms, and Node's setImmediate is not there in a browser worker.
 */
export function createBreath(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  // In Node an open port would keep the process alive.
  (port1 as { unref?: () => void }).unref?.();
  return () =>
    new Promise((resolve) => {
      (port1 as { ref?: () => void }).ref?.();
      waiting.push(() => {
        (port1 as { unref?: () => void }).unref?.();
        resolve();
      });
      port2.postMessage(null);
    });
}
