/** For tests, which are TypeScript. */
export function unfinishedBuild(kind: string, out?: string): string;
export function publishBuild(kind: string, folder: string, options?: { since?: Date; out?: string }): void;
export function stateOfBuild(kind: "node" | "app"): "missing" | "old" | "current";
