import { kernelSource } from "./kernels.ts";
import type { Binding, Launch, Operand } from "./launch.ts";

/** A launch as WGSL, and what to bind in binding order. */
export interface Shader {
  code: string;
  bindings: Binding[];
  /** contents of the uniform that follows the bindings, if there is one */
  shape: Uint32Array | undefined;
}

const sameMemory = (a: Operand, b: Operand) => a.memory === b.memory && a.offset === b.offset;

/**
 * Puts constants, bindings and shared parts before a kernel's body.
 *
 * - `//use a b` in the body asks for `kernels/parts/a.wgsl` and `b.wgsl` (`a-serial.wgsl` … if the launch is serial);
 * - lines between `//if flag` and `//end` stay when the flag is true;
 * - an operand that is bound twice shares one binding: WebGPU forbids two writable bindings of one range, and all are writable,
 *   because a buffer may not be bound both read-only and read-write in one dispatch.
 *
 * - a launch with a `shape` gets it, its strides and whether it adds as a uniform struct after the bindings.
 *
 * `strideOf` gives the elements from one replica to the next.
 */
export function assemble(launch: Launch, strideOf: (operand: Operand) => number): Shader {
  const constants = [
    ...Object.entries(launch.counts ?? {}).map(([name, value]) => `const ${name} = ${countLiteral(launch, name, value)};`),
    ...Object.entries(launch.floats ?? {}).map(([name, value]) => `const ${name} = ${floatLiteral(launch, name, value)};`),
    ...Object.entries(launch.flags ?? {}).map(([name, value]) => `const ${name} = ${value};`),
  ];
  let body = withFlags(launch.body ?? kernelSource(launch.kernel), launch.flags ?? {});
  const parts = [...body.matchAll(/^\/\/use (.+)$/gm)].flatMap(([, names]) => names.split(" "));

  const shape: Record<string, number> | undefined = launch.shape && { ...launch.shape };
  const distinct: [name: string, binding: Binding][] = [];
  for (const [name, binding] of Object.entries(launch.bindings)) {
    const twin = distinct.find(([, other]) => sameMemory(other.operand, binding.operand));
    if (!twin) distinct.push([name, binding]);
    else if (binding.write || twin[1].write)
      throw new Error(`${launch.kernel}: ${name} and ${twin[0]} are the same memory and one is written`);
    else body = body.replace(new RegExp(`\\b${name}\\b`, "g"), twin[0]);
    const stride = strideOf(binding.operand);
    if (shape) shape[`${name}_stride`] = stride;
    else constants.push(`const ${name}_stride = ${stride}u;`);
  }
  const declarations = distinct.map(([name, { operand, write, add }], n) => {
    const type = operand.dtype;
    const variable = `@group(0) @binding(${n}) var<storage, read_write> ${name}: array<${type}>;`;
    if (!write) return variable;
    const [written, added] = [`${name}[at] = value;`, `${name}[at] = ${name}[at] + value;`];
    if (shape) shape[`${name}_add`] = Number(add);
    const body = shape ? `if (shape.${name}_add == 1u) { ${added} } else { ${written} }` : add ? added : written;
    return `${variable}\nfn put_${name}(at: u32, value: ${type}) { ${body} }`;
  });
  if (shape) {
    const fields = Object.keys(shape).map((name) => `${name}: u32`);
    declarations.push(`struct Shape { ${fields.join(", ")} }`, `@group(0) @binding(${distinct.length}) var<uniform> shape: Shape;`);
  }
  const code = [
    ...constants,
    ...declarations,
    ...parts.map((part) => kernelSource(`parts/${part}${launch.serial ? "-serial" : ""}`)),
    body,
  ].join("\n");
  return { code, bindings: distinct.map(([, binding]) => binding), shape: shape && Uint32Array.from(Object.values(shape)) };
}

function withFlags(body: string, flags: Record<string, boolean>): string {
  return body.replace(/^ *\/\/if (\w+)\n([\s\S]*?)^ *\/\/end\n/gm, (_, flag: string, lines: string) => (flags[flag] ? lines : ""));
}

function countLiteral(launch: Launch, name: string, value: number): string {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) throw new Error(`${launch.kernel}: ${name} = ${value} is no u32`);
  return `${value}u`;
}

function floatLiteral(launch: Launch, name: string, value: number): string {
  if (!Number.isFinite(Math.fround(value))) throw new Error(`${launch.kernel}: ${name} = ${value} is no finite f32`);
  return `${value}f`;
}
