/** An engine worker that trains a little and then ends in the way its first domain is named. */
import { parentPort } from "node:worker_threads";
import { expose } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";

expose(
  {
    async train([job], listener) {
      await listener.onMetrics(0, [{ kind: "step", step: 1 }]);
      listener.onProgress("about to end");
      const [{ name }] = job.domains;
      if (name === "exit") process.exit(7);
      if (name === "throw")
        setTimeout(() => {
          throw new Error("out of memory");
        });
      if (name === "lost") throw Object.assign(new Error("the device was removed"), { name: "DeviceLostError" });
      if (name === "refuse") throw new Error("no such model");
      return new Promise(() => {});
    },
  },
  nodeEndpoint(parentPort),
);
