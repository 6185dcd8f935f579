import type { Node, Tensor } from "../program/tensor.ts";
import { elements } from "../program/op-record.ts";

/** Slices start and end on 256 bytes, WebGPU's minimum storage-buffer offset. */
export const alignment = 64;
export const aligned = (length: number): number => Math.ceil(length / alignment) * alignment;

/** A storage of one or more tensors that continue each other in place, and when it is alive (node indices, inclusive). */
interface Storage {
  root: Tensor;
  length: number;
  from: number;
  to: number;
  offset: number;
}

/**
 * Decides which outputs may continue their `into` tensor in place: those whose base no later node reads.
 * Where one does, a copy node is put before, so that adding never changes what someone still needs.
 * Returns the new list and, for every tensor, the tensor whose storage it shares.
 */
export function resolveInto(nodes: Node[], copy: (base: Tensor) => Node): { nodes: Node[]; storageOf: (tensor: Tensor) => Tensor } {
  const lastRead = new Map<number, number>();
  nodes.forEach((node, at) => {
    for (const tensor of [...node.inputs, ...node.into]) if (tensor) lastRead.set(tensor.id, at);
  });
  const roots = new Map<number, Tensor>();
  const storageOf = (tensor: Tensor): Tensor => roots.get(tensor.id) ?? tensor;
  const out: Node[] = [];
  nodes.forEach((node, at) => {
    const into = node.into.map((base, n) => {
      if (!base) return null;
      let target = base;
      if (base.home === "activations" && (lastRead.get(base.id) ?? -1) > at) {
        const copied = copy(base);
        out.push(copied);
        target = copied.outputs[0];
      }
      roots.set(node.outputs[n].id, storageOf(target));
      return target;
    });
    out.push({ ...node, into });
  });
  return { nodes: out, storageOf };
}

/**
 * Offsets for the activations of one list: storages that are never alive together share memory.
 * Largest first, each at the lowest offset that is free during its whole life.
 */
export function placeActivations(nodes: Node[], storageOf: (tensor: Tensor) => Tensor): { offsets: Map<number, number>; length: number } {
  const storages = new Map<number, Storage>();
  nodes.forEach((node, at) => {
    for (const tensor of [...node.inputs, ...node.outputs]) {
      const root = storageOf(tensor);
      if (root.home !== "activations") continue;
      const known = storages.get(root.id);
      if (known) known.to = at;
      else storages.set(root.id, { root, length: aligned(elements(root.shape)), from: at, to: at, offset: 0 });
    }
  });
  const placed: Storage[] = [];
  for (const storage of [...storages.values()].sort((a, b) => b.length - a.length || a.from - b.from)) {
    const neighbours = placed.filter((p) => p.from <= storage.to && storage.from <= p.to).sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const p of neighbours) {
      if (p.offset >= offset + storage.length) break;
      offset = Math.max(offset, p.offset + p.length);
    }
    storage.offset = offset;
    placed.push(storage);
  }
  return {
    offsets: new Map(placed.map((s) => [s.root.id, s.offset])),
    length: placed.reduce((end, s) => Math.max(end, s.offset + s.length), 0),
  };
}
