import { studyFlow } from "../shared/study-flow.ts";
import { electronHost } from "../support/hosts.ts";

studyFlow(electronHost);
