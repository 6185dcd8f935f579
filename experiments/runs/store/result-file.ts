/** result.json as it is written and read: sealed, with the checksum of the curve it goes with. */
import { encode } from "./json.ts";
import { parseJson, type Check, type Reading } from "./parse-json.ts";
import { resultFile, type ResultFile, type StoredResult } from "./records.ts";
import { sealed, sealFits } from "./sealed-json.ts";

/** The version that wrote results without a seal: the only one. */
const unsealedVersion = "0.1.0";

/** A seal may be missing where none was written; a newer result without one has lost it. */
export const sealOfResult: Check = sealFits((json) => {
  const engine = (json as ResultFile).provenance?.engine;
  return engine === undefined || engine === unsealedVersion ? null : "it was changed after it was written: its seal is gone";
});

export const resultText = (result: StoredResult, curve: NonNullable<ResultFile["curve"]>): string =>
  encode(sealed({ ...result, curve }), 1);

export const parseResult = (text: string): Exclude<Reading<ResultFile>, { state: "missing" }> =>
  parseJson<ResultFile>(text, resultFile, sealOfResult);

/** What the rest of the program knows of it. */
export function resultOf({ curve: _curve, seal: _seal, ...result }: ResultFile): StoredResult {
  return result;
}
