/**
 * Node only, to be imported before any kernel is compiled: Node 20 hides relaxed SIMD behind a flag, later versions
 * know no such flag and ignore it.
 */
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--experimental-wasm-relaxed-simd");
