/**
 * Properties are tried on other inputs each time, so that they go on finding faults, but on CI on the same ones: the
 * verdict on a commit must repeat. FAST_CHECK_SEED chooses a seed.
 */
import fc from "fast-check";

const seed = process.env.FAST_CHECK_SEED ?? (process.env.CI === "true" ? "20261122" : undefined);
if (seed !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
