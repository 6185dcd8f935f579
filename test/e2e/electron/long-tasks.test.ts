import { longTasks } from "../shared/long-tasks.ts";
import { electronHost } from "../support/hosts.ts";

longTasks(electronHost);
