/** Kernel worker for browsers: a dedicated module worker. */
import "../../../engine/closed-prototypes.ts";
import { expose } from "comlink";
import { KernelService } from "./service.ts";

expose(new KernelService());
