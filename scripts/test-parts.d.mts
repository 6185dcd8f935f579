/** For tests, which are TypeScript. */
export interface Part {
  readonly name: string;
  readonly serves: string;
  readonly isThere: () => boolean;
  readonly packages: readonly string[];
  readonly programs: readonly string[];
  readonly onlyOnCi: boolean;
}
export function part(record: { name: string; serves: string; isThere: () => boolean; packages: readonly unknown[]; onlyOnCi?: boolean }): Part;
export const parts: readonly Part[];
export function missingParts(options?: { table?: readonly Part[]; ci?: boolean }): Part[];
export function chromiumPath(): string | null;
