import { longTasks } from "../shared/long-tasks.ts";
import { chromiumHost } from "../support/hosts.ts";

longTasks(chromiumHost);
