import { drawingsOfCells } from "../shared/drawings.ts";
import { chromiumHost } from "../support/hosts.ts";

drawingsOfCells(chromiumHost);
