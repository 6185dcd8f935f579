const files: Record<string, string> = import.meta.glob("./kernels/**/*.wgsl", { query: "?raw", import: "default", eager: true });

/** WGSL sources by file name without folder and extension; parts as `parts/<name>`. */
export const kernelSources: ReadonlyMap<string, string> = new Map(
  Object.entries(files).map(([path, source]) => [path.replace("./kernels/", "").replace(".wgsl", ""), source]),
);

export function kernelSource(name: string): string {
  const source = kernelSources.get(name);
  if (source === undefined) throw new Error(`no WGSL kernel named ${name}`);
  return source;
}
