import { studyFlow } from "../shared/study-flow.ts";
import { chromiumHost } from "../support/hosts.ts";

studyFlow(chromiumHost);
