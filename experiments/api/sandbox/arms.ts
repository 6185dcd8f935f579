/** Runs inside the sandbox. Self-contained: the kernel evaluates this function's text there. Helpers that make specs. */
export function sandboxArms() {
  const { stringify } = JSON;
  const { isArray } = Array;
  const { hasOwn, keys } = Object;
  /** as many runs as an experiment may have */
  const mostArms = 10_000;

  type Patch = { [key: string]: unknown };

  function patchAt(segments: string[], value: unknown): Patch {
    let patch: unknown = value;
    for (let i = segments.length - 1; i >= 0; i--) patch = { [segments[i]]: patch };
    return patch as Patch;
  }

  function segmentsOf(path: unknown): string[] {
    if (typeof path !== "string" || path === "")
      throw new TypeError(`sweep: the path is ${stringify(path)}; it should be text such as "train.optimizer.lr"`);
    const segments = path.split(".");
    for (const segment of segments)
      if (!/^[A-Za-z]\w*$/.test(segment))
        throw new TypeError(`sweep: "${path}" has the part "${segment}"; a path is names with dots between them`);
    return segments;
  }

  function merge(into: Patch, from: Patch): Patch {
    for (const key of keys(from)) {
      const old = hasOwn(into, key) ? into[key] : undefined;
      const isBranch = typeof old === "object" && old !== null && !isArray(old);
      into[key] = isBranch ? merge(old as Patch, from[key] as Patch) : from[key];
    }
    return into;
  }

  const label = (value: unknown): string => (typeof value === "string" ? value : stringify(value));

  /** The end of each path, as long as needed to tell the paths apart. */
  function shortNames(paths: string[][]): string[] {
    return paths.map((segments) => {
      for (let n = 1; n < segments.length; n++) {
        const end = segments.slice(-n).join(".");
        if (paths.filter((other) => other.slice(-n).join(".") === end).length === 1) return end;
      }
      return segments.join(".");
    });
  }

  function valuesOf(path: string, values: unknown): unknown[] {
    if (!isArray(values) || values.length === 0) throw new TypeError(`"${path}" needs a list with at least one value`);
    return values;
  }

  /** One arm per combination of values, the last path varying fastest. */
  function grid(axes: Record<string, unknown>): Record<string, Patch> {
    const paths = keys(axes);
    if (paths.length === 0) throw new TypeError("grid: needs at least one path with values");
    const segments = paths.map(segmentsOf);
    const names = shortNames(segments);
    let count = 1;
    for (const path of paths) count *= valuesOf(path, axes[path]).length;
    if (count > mostArms) throw new TypeError(`these values make ${count} arms; ${mostArms} are the most that an experiment may have`);
    let arms: { name: string; patch: () => Patch }[] = [{ name: "", patch: () => ({}) }];
    paths.forEach((path, i) => {
      arms = arms.flatMap((arm) =>
        valuesOf(path, axes[path]).map((value) => ({
          name: `${arm.name}${arm.name === "" ? "" : ", "}${names[i]} ${label(value)}`,
          patch: () => merge(arm.patch(), patchAt(segments[i], value)),
        })),
      );
    });
    const made: Record<string, Patch> = {};
    for (const { name, patch } of arms) {
      if (hasOwn(made, name)) throw new TypeError(`two arms would be called "${name}": a value is listed twice`);
      made[name] = patch();
    }
    return made;
  }

  const sweep = (path: string, values: unknown): Record<string, Patch> => grid({ [path]: values });

  function mixture(weights: unknown): { mixture: Record<string, number> } {
    const shape = "mixture: give each domain a weight, as in mixture({ prose: 1, code: 1 })";
    if (typeof weights !== "object" || weights === null || isArray(weights) || keys(weights).length === 0) throw new TypeError(shape);
    const copy: Record<string, number> = {};
    for (const name of keys(weights)) {
      if (name === "__proto__") throw new TypeError('mixture: "__proto__" is no name that data can have');
      const weight = (weights as Record<string, unknown>)[name];
      if (typeof weight !== "number" || !(weight >= 0))
        throw new TypeError(`mixture: the weight of ${name} is ${label(weight)}; it should be a number, 0 or more`);
      copy[name] = weight;
    }
    return { mixture: copy };
  }

  const data = (name: unknown) => {
    if (typeof name !== "string" || name === "") throw new TypeError('data: give the name of a domain, as in data("prose")');
    return mixture({ [name]: 1 });
  };

  /** DeepSeek-V3 §4.2: gamma 0.001 for the first 14.3 of 14.8 T tokens, then 0; sequence-wise alpha 0.0001. */
  const v3 = () => ({
    losses: [{ group: "sequence", alpha: 1e-4 }],
    zLoss: 0,
    bias: {
      gamma: [
        { until: 0.966, value: 1e-3 },
        { until: 1, value: 0 },
      ],
      rule: "sign",
      form: "additive",
      group: "batch",
    },
  });

  /**
   * DeepSeek-V3 §4.2: the peak for 10 of 14.8 T tokens, a cosine down to a tenth over the next 4.3 T, that tenth for 333 B, then 7.3e-6 of 2.2e-4.
   * 2,000 steps of warm-up while the batch grows from 12.6 M tokens are 27 B of them, 0.18 %.
   */
  const v3Schedule = () => ({
    kind: "pieces",
    warmup: 0.0018,
    pieces: [
      { until: 0.6757, shape: "constant", value: 1 },
      { until: 0.9662, shape: "cosine", value: 0.1 },
      { until: 0.9887, shape: "constant", value: 0.1 },
      { until: 1, shape: "constant", value: 7.3 / 220 },
    ],
  });

  return { mixture, data, sweep, grid, v3, v3Schedule };
}
