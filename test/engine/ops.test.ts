import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import { agreeSuite } from "./agree-suite.ts";

agreeSuite("the reference backend itself", createReferenceBackend, { replicas: 3 });
