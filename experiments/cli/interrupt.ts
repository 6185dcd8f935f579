/** First Ctrl-C: stop and keep checkpoints. Second: end at once. */
export interface Interrupt {
  readonly happened: boolean;
  remove(): void;
}

export function onInterrupt(stop: () => void): Interrupt {
  const interrupt = { happened: false, remove };
  function handle(): void {
    if (interrupt.happened) process.exit(130);
    interrupt.happened = true;
    stop();
  }
  function remove(): void {
    for (const signal of signals) process.removeListener(signal, handle);
  }
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, handle);
  return interrupt;
}
