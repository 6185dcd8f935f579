import { version } from "../../../package.json" with { type: "json" };

/** Version of Switchyard: part of every run's provenance. */
export const engineVersion: string = version;
