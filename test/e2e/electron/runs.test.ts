import { runsOfAllNotebooks } from "../shared/runs.ts";
import { electronHost } from "../support/hosts.ts";

runsOfAllNotebooks(electronHost);
