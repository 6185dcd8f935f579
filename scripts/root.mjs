import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository root: the folder that holds package.json. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));
