/** Opens hostile notebooks in a process of its own, with a limit of time and memory: what hangs or dies is told, not suffered. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Opened } from "./open.child.ts";

export class Opener {
  private readonly script: string;
  private child: ChildProcess | null = null;

  constructor(script: string) {
    this.script = script;
  }

  async open(name: string, milliseconds: number): Promise<Opened | "hangs" | "dies"> {
    if (!this.child) {
      this.child = fork(this.script, { execArgv: ["--max-old-space-size=1024"], stdio: ["ignore", "ignore", "ignore", "ipc"] });
      await once(this.child, "message"); // that it has loaded everything
    }
    const { child } = this;
    return new Promise((resolve) => {
      const end = (outcome: Opened | "hangs" | "dies") => {
        clearTimeout(timer);
        child.removeAllListeners();
        if (typeof outcome === "string") this.close();
        resolve(outcome);
      };
      const timer = setTimeout(() => end("hangs"), milliseconds);
      child.once("message", (opened) => end(opened as Opened));
      child.once("exit", () => end("dies"));
      child.send(name);
    });
  }

  close(): void {
    this.child?.kill("SIGKILL");
    this.child = null;
  }
}
