/** JSON Schemas (draft-07) of the files that Switchyard writes, for whoever reads them with other programs. */
import { toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { anyNumber } from "../runs/store/json.ts";
import { manifestSchema } from "../runs/store/node/manifest.ts";
import { finalMetrics, metricEvent, provenance, resultFile, runRecord } from "../runs/store/records.ts";
import { runConfig } from "../runs/store/run-config.ts";
import { results } from "./results.ts";

interface Published {
  title: string;
  schema: v.GenericSchema;
}

/** A config is read word for word, which no JSON Schema can say. */
const writtenRecord = v.object({ ...runRecord.entries, config: runConfig });

const published: Record<string, Published> = {
  results: { title: "results.json: the evidence of a notebook, version 1", schema: results },
  config: { title: "runs/<key>/config.json: what was asked for", schema: writtenRecord },
  result: { title: "runs/<key>/result.json: how a run ended", schema: resultFile },
  metrics: { title: "One line of runs/<key>/metrics.jsonl: a step or a validation", schema: metricEvent },
  manifest: { title: "manifest.json: which folder is which run", schema: manifestSchema },
};

/** Said once per file, and referred to. */
const definitions = { number: anyNumber, runConfig, provenance, finalMetrics };

/** By file name, e.g. `results.schema.json`. Numbers that are not finite are the strings "NaN", "Infinity" and "-Infinity". */
export function publishedSchemas(): Map<string, string> {
  return new Map(
    Object.entries(published).map(([name, { title, schema }]) => {
      const { $schema, $defs, ...body } = toJsonSchema(schema, { typeMode: "input", definitions, overrideSchema: withoutNaN });
      const text = JSON.stringify(
        { $schema, $id: `urn:switchyard:${name}:1`, title, ...body, $defs: usedOnly(body, $defs as Definitions) },
        null,
        2,
      );
      return [`${name}.schema.json`, `${text}\n`];
    }),
  );
}

/** NaN stays what it is between processes; in JSON there is none, and files have its name. */
const withoutNaN: NonNullable<Parameters<typeof toJsonSchema>[1]>["overrideSchema"] = ({ valibotSchema, jsonSchema }) => {
  if (valibotSchema.type === "nan") return { not: {} };
  if (valibotSchema.type !== "union" || !jsonSchema.anyOf) return undefined;
  return { ...jsonSchema, anyOf: jsonSchema.anyOf.filter((option) => typeof option !== "object" || !("not" in option)) };
};

type Definitions = Record<string, unknown>;

/** The definitions that are referred to, directly or by one another. */
function usedOnly(body: unknown, all: Definitions): Definitions {
  const used = new Set<string>();
  const follow = (part: unknown): void => {
    for (const [, name] of JSON.stringify(part).matchAll(/"\$ref":"#\/\$defs\/(\w+)"/g)) {
      if (used.has(name)) continue;
      used.add(name);
      follow(all[name]);
    }
  };
  follow(body);
  return Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name)));
}
