import { invocations, type MatmulVariant, pitch } from "./variants.ts";

export interface MatmulForm {
  /** A is stored [K,M] */
  transA: boolean;
  /** B is stored [N,K] */
  transB: boolean;
  /**
   * "rows": C's rows fall into runs starts[e] … starts[e+1], each with its own B[e].
   * "depth": C[e] = the product over the K-run starts[e] … starts[e+1].
   */
  grouped: "no" | "rows" | "depth";
}

/**
 * WGSL of C = op(A)·op(B) for every form and variant: the one matrix product of the backend.
 * Given from outside: `shape` with M, N, K (of one product, where they are fixed) and `experts`; bindings a, b, c, and `starts` if grouped. Grid: x over blocks of N; y over blocks of M ("rows": ⌊M/blockM⌋ + experts; "depth": experts times those of M).
 */
export function generateMatmul(form: MatmulForm, variant: MatmulVariant): string {
  const inner = variant.kind === "tiled" ? tiledLoop(form, variant) : registerLoop(form, variant);
  const threads = invocations(variant);
  return `${variant.kind === "tiled" ? tiles(variant) : ""}${placement(form, variant)}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let replica = group.z;
${begin(form, variant)}
  let N = shape.N;
  let row0 = place.x;
  let rowEnd = place.y;
  let depth0 = place.z;
  let depthEnd = ${form.grouped === "rows" ? "shape.K" : "place.w"};
  // which expert's (or split's) matrix
  let copy = ${form.grouped === "rows" ? "place.w" : `group.y / ${blocks("shape.M", variant.blockM)}`};
  let col0 = group.x * ${variant.blockN}u;
  let a0 = replica * shape.a_stride;
  let b0 = replica * shape.b_stride${form.grouped === "rows" ? " + copy * N * shape.K" : ""};
  let c0 = replica * shape.c_stride${form.grouped === "rows" ? "" : " + copy * shape.M * N"};
  let tx = lane % ${variant.blockN / variant.threadN}u;
  let ty = lane / ${variant.blockN / variant.threadN}u;
${owned(variant)}
${inner}
${store(variant)}
}
`;
}

const blocks = (length: string, block: number): string => `((${length} + ${block - 1}u) / ${block}u)`;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const lines = (indent: string, parts: string[]): string => parts.map((part) => indent + part).join("\n");
const each = (variant: MatmulVariant, line: (i: number, j: number) => string): string[] =>
  range(variant.threadM).flatMap((i) => range(variant.threadN).map((j) => line(i, j)));

/** Where element (row i, depth p) of op(A) and (depth p, column j) of op(B) lie. */
const indexA = ({ transA }: MatmulForm, i: string, p: string) => (transA ? `a0 + (${p}) * shape.M + ${i}` : `a0 + (${i}) * shape.K + ${p}`);
const indexB = ({ transB }: MatmulForm, p: string, j: string) => (transB ? `b0 + (${j}) * shape.K + ${p}` : `b0 + (${p}) * N + ${j}`);

/** `locate` gives a workgroup its (first row, end of rows, first depth, end of depth), for "rows" (…, 0, expert). */
function placement({ grouped }: MatmulForm, { blockM }: MatmulVariant): string {
  if (grouped === "no") {
    return `fn locate(replica: u32, tile: u32) -> vec4u {
  let perSplit = ${blocks("shape.M", blockM)};
  let depth0 = (tile / perSplit) * shape.split;
  return vec4u((tile % perSplit) * ${blockM}u, shape.M, depth0, min(depth0 + shape.split, shape.K));
}`;
  }
  const start = (e: string) => `u32(starts[replica * shape.starts_stride + ${e}])`;
  if (grouped === "depth") {
    return `fn locate(replica: u32, tile: u32) -> vec4u {
  let perExpert = ${blocks("shape.M", blockM)};
  let expert = tile / perExpert;
  return vec4u((tile % perExpert) * ${blockM}u, shape.M, ${start("expert")}, ${start("expert + 1u")});
}`;
  }
  return `// Expert e owns the tiles from ⌊starts[e]/${blockM}⌋ + e on: at least ⌈rows/${blockM}⌉ of them, so a binary search in starts replaces a tile table.
fn locate(replica: u32, tile: u32) -> vec4u {
  var expert = 0u;
  var beyond = shape.experts;
  while (beyond - expert > 1u) {
    let middle = (expert + beyond) / 2u;
    if (${start("middle")} / ${blockM}u + middle <= tile) { expert = middle; } else { beyond = middle; }
  }
  let first = ${start("expert")};
  return vec4u(first + (tile - first / ${blockM}u - expert) * ${blockM}u, ${start("expert + 1u")}, 0u, expert);
}`;
}

/** Barriers want uniform control flow, and what comes from storage is uniform only by this detour. */
function begin({ grouped }: MatmulForm, { kind }: MatmulVariant): string {
  if (kind === "registers") return "  let place = locate(replica, group.y);";
  if (grouped === "no") return "  let place = locate(replica, group.y);";
  return `  if (lane == 0u) { located = locate(replica, group.y); }
  let place = workgroupUniformLoad(&located);${grouped === "rows" ? "\n  if (place.x >= place.y) { return; }" : ""}`;
}

/** Invocation (ty, tx) owns every (blockM/threadM)th row and (blockN/threadN)th column: neighbours touch neighbouring memory. */
function owned(variant: MatmulVariant): string {
  const { blockM, blockN, threadM, threadN } = variant;
  return lines("  ", [
    ...range(threadM).map((i) => `let row${i}_ = row0 + ty + ${(i * blockM) / threadM}u;`),
    ...range(threadN).map((j) => `let col${j}_ = col0 + tx + ${(j * blockN) / threadN}u;`),
    ...each(variant, (i, j) => `var c${i}_${j} = 0.0;`),
  ]);
}

function store(variant: MatmulVariant): string {
  return lines(
    "  ",
    range(variant.threadM).flatMap((i) => [
      `if (row${i}_ < rowEnd) {`,
      ...range(variant.threadN).map((j) => `  if (col${j}_ < N) { put_c(c0 + row${i}_ * N + col${j}_, c${i}_${j}); }`),
      "}",
    ]),
  );
}

function tiles({ blockM, blockN, blockK }: MatmulVariant): string {
  return `var<workgroup> slabA: array<f32, ${blockK * pitch(blockM)}>;
var<workgroup> slabB: array<f32, ${blockK * pitch(blockN)}>;
var<workgroup> located: vec4u;
`;
}

function tiledLoop(form: MatmulForm, variant: MatmulVariant): string {
  const { blockM, blockN, blockK, threadM, threadN } = variant;
  const threads = invocations(variant);
  /** Fills a slab, walking the operand in the direction in which it is dense. */
  const fill = (
    slab: string,
    block: number,
    alongK: boolean,
    inside: string,
    value: string,
  ) => `    for (var at = lane; at < ${block * blockK}u; at += ${threads}u) {
      let p = ${alongK ? `at % ${blockK}u` : `at / ${block}u`};
      let x = ${alongK ? `at / ${blockK}u` : `at % ${block}u`};
      var value = 0.0;
      if (depth + p < depthEnd && ${inside}) { value = ${value}; }
      ${slab}[p * ${pitch(block)}u + x] = value;
    }`;
  return `  for (var depth = depth0; depth < depthEnd; depth += ${blockK}u) {
${fill("slabA", blockM, !form.transA, "row0 + x < rowEnd", `a[${indexA(form, "row0 + x", "depth + p")}]`)}
${fill("slabB", blockN, form.transB, "col0 + x < N", `b[${indexB(form, "depth + p", "col0 + x")}]`)}
    workgroupBarrier();
    for (var p = 0u; p < ${blockK}u; p++) {
${lines("      ", [
  ...range(threadM).map((i) => `let a${i}_ = slabA[p * ${pitch(blockM)}u + ty + ${(i * blockM) / threadM}u];`),
  ...range(threadN).map((j) => `let b${j}_ = slabB[p * ${pitch(blockN)}u + tx + ${(j * blockN) / threadN}u];`),
  ...each(variant, (i, j) => `c${i}_${j} += a${i}_ * b${j}_;`),
])}
    }
    workgroupBarrier();
  }`;
}

function registerLoop(form: MatmulForm, variant: MatmulVariant): string {
  const { threadM, threadN } = variant;
  const last = (end: string) => `${end} - 1u`;
  // rows and columns beyond the edge read the last one's data and are not stored
  return `  if (row0_ >= rowEnd || col0_ >= N) { return; }
${lines("  ", [
  ...range(threadM).map((i) => `let fromA${i} = ${indexA(form, `min(row${i}_, ${last("rowEnd")})`, "0u")};`),
  ...range(threadN).map((j) => `let fromB${j} = ${indexB(form, "0u", `min(col${j}_, ${last("N")})`)};`),
])}
  for (var p = depth0; p < depthEnd; p++) {
${lines("    ", [
  ...range(threadM).map((i) => `let a${i}_ = a[fromA${i} + p${form.transA ? " * shape.M" : ""}];`),
  ...range(threadN).map((j) => `let b${j}_ = b[fromB${j} + p${form.transB ? "" : " * N"}];`),
  ...each(variant, (i, j) => `c${i}_${j} += a${i}_ * b${j}_;`),
])}
  }`;
}
