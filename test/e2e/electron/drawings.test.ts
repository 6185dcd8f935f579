import { drawingsOfCells } from "../shared/drawings.ts";
import { electronHost } from "../support/hosts.ts";

drawingsOfCells(electronHost);
