/** What a kernel binds, in order. */
export interface BindingShape {
  /** storage buffers, all read-write */
  storage: number;
  /** whether a uniform buffer follows them */
  uniform: boolean;
}

/** Compute pipelines by WGSL source, shared by all programs of a device: one explicit layout per set of bindings, one module per kernel. */
export class Pipelines {
  private readonly gpu: GPUDevice;
  private readonly bySource = new Map<string, Promise<GPUComputePipeline>>();
  private readonly compiled = new Set<string>();
  private readonly layouts = new Map<string, { bindGroup: GPUBindGroupLayout; pipeline: GPUPipelineLayout }>();

  constructor(gpu: GPUDevice) {
    this.gpu = gpu;
  }

  /** Starts to compile (or finds) the kernel; rejects with the shader's errors, naming `label`. */
  get(code: string, bindings: BindingShape, label: string): Promise<GPUComputePipeline> {
    let pipeline = this.bySource.get(code);
    if (!pipeline) {
      pipeline = this.compile(code, bindings, label);
      this.bySource.set(code, pipeline);
    }
    return pipeline;
  }

  /** The kernel is there: `get` will not keep anyone waiting. */
  has(code: string): boolean {
    return this.compiled.has(code);
  }

  bindGroupLayout(bindings: BindingShape): GPUBindGroupLayout {
    return this.layoutOf(bindings).bindGroup;
  }

  private async compile(code: string, bindings: BindingShape, label: string): Promise<GPUComputePipeline> {
    const module = this.gpu.createShaderModule({ code, label });
    try {
      const pipeline = await this.gpu.createComputePipelineAsync({
        label,
        layout: this.layoutOf(bindings).pipeline,
        compute: { module, entryPoint: "main" },
      });
      this.compiled.add(code);
      return pipeline;
    } catch (error) {
      const { messages } = await module.getCompilationInfo();
      const found = messages.filter(({ type }) => type === "error").map(({ lineNum, message }) => `line ${lineNum}: ${message}`);
      throw new Error(`${label}: ${found.join("; ") || (error as Error).message}`, { cause: error });
    }
  }

  private layoutOf({ storage, uniform }: BindingShape): { bindGroup: GPUBindGroupLayout; pipeline: GPUPipelineLayout } {
    const key = `${storage} ${uniform}`;
    let layout = this.layouts.get(key);
    if (!layout) {
      const entries = Array.from(
        { length: storage + (uniform ? 1 : 0) },
        (_, binding): GPUBindGroupLayoutEntry => ({
          binding,
          visibility: 4, // GPUShaderStage.COMPUTE, a global that Node lacks
          buffer: { type: binding < storage ? "storage" : "uniform" },
        }),
      );
      const bindGroup = this.gpu.createBindGroupLayout({ entries });
      layout = { bindGroup, pipeline: this.gpu.createPipelineLayout({ bindGroupLayouts: [bindGroup] }) };
      this.layouts.set(key, layout);
    }
    return layout;
  }
}
