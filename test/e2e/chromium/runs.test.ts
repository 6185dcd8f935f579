import { runsOfAllNotebooks } from "../shared/runs.ts";
import { chromiumHost } from "../support/hosts.ts";

runsOfAllNotebooks(chromiumHost);
