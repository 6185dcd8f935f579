/**
 * How many shapes a drawing becomes when it is painted. A part may be used by other parts, and those by others: a kilobyte
 * of such references can ask for more shapes than there are atoms.
 */

/** Of one element with an id: what is inside it, and what that refers to. */
interface Part {
  shapes: number;
  uses: string[];
  /** a gradient is no shape, and what it refers to is another gradient */
  isPaint: boolean;
}

export class Expansion {
  private readonly root: Part = { shapes: 0, uses: [], isPaint: false };
  private readonly parts = new Map<string, Part>();
  private readonly styled: string[] = [];

  /** @param above ids of the elements it is in */
  add(name: string, attributes: Readonly<Record<string, string>>, above: readonly string[]): void {
    const isPaint = name === "linearGradient" || name === "radialGradient" || name === "stop";
    const { id } = attributes;
    if (id !== undefined && !this.parts.has(id)) this.parts.set(id, { shapes: 0, uses: [], isPaint });
    const inside = [
      this.root,
      ...above.flatMap((outer) => this.parts.get(outer) ?? []),
      ...(id === undefined ? [] : [this.parts.get(id)!]),
    ];
    const uses = Object.entries(attributes).flatMap(([key, value]) =>
      /(^|:)href$/.test(key) ? [value.trim().slice(1)] : references(value),
    );
    for (const part of inside) {
      if (!isPaint) part.shapes += 1;
      part.uses.push(...uses);
    }
  }

  /** A style sheet may give any shape a reference. */
  style(css: string): void {
    this.styled.push(...references(css));
  }

  /** Infinity where a part refers to itself. */
  shapes(): number {
    const known = new Map<string, number>();
    const open = new Set<string>();
    const ofPart = (id: string): number => {
      const part = this.parts.get(id);
      if (!part || part.isPaint) return 0;
      if (open.has(id)) return Infinity;
      const before = known.get(id);
      if (before !== undefined) return before;
      open.add(id);
      const count = this.count(part, ofPart);
      open.delete(id);
      known.set(id, count);
      return count;
    };
    return this.count(this.root, ofPart);
  }

  private count({ shapes, uses }: Part, ofPart: (id: string) => number): number {
    const styled = this.styled.reduce((sum, id) => sum + ofPart(id), 0);
    return shapes * (1 + styled) + uses.reduce((sum, id) => sum + ofPart(id), 0);
  }
}

const references = (text: string): string[] => [...text.matchAll(/url\s*\(\s*['"]?\s*#([^'")\s]+)/gi)].map(([, id]) => id);
