/** The coordinator's worker. Engine workers are its children: a page that is busy, or reloads a panel, does not touch them. */
import "../../engine/closed-prototypes.ts";
import { expose } from "comlink";
import { browserExecutors } from "../../experiments/runs/training/executors-browser.ts";
import EngineWorker from "../../engine/worker.ts?worker";
import { CoordinatorService } from "./coordinator-service.ts";

expose(new CoordinatorService((kernelTable) => browserExecutors(() => new EngineWorker({ name: "engine" }), kernelTable)));
