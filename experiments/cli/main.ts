import { OutsideStoreError } from "../runs/store/node/disk-errors.ts";
import { StoreWriteError } from "../runs/store/store.ts";
import { engineVersion } from "../runs/store/version.ts";
import { UsageError } from "./arguments.ts";
import { exitCode, outliveReaders, remark, say } from "./output.ts";
import { RefusedError } from "./refused.ts";

const help = `switchyard ${engineVersion}: ablations of miniature DeepSeek-V3 models

  switchyard run NOTEBOOK.md      train what is missing, draw the figures, write the report
      --out DIR                   write there instead of NOTEBOOK.results/
      --backend NAME              auto (default), webgpu, cpu or reference
      --budget NAME               smoke, quick or full, as the notebook says
      --seeds N                   number of seeds
      --only CELL                 that cell and what it reads
      --set [EXPERIMENT.]PATH=JSON    change the base of every (or one) experiment
      --set-arm NAME.PATH=JSON    change one arm
      --jobs N                    runs that train at once
      --fresh                     train even what the store has
      --force                     with --out: replace files there that Switchyard did not write
      --json                      one JSON object per line
  switchyard check NOTEBOOK.md    parse, types, plan, cost; trains nothing
  switchyard report NOTEBOOK.md   [--html F] [--pdf F [--paper a4|letter]] [--md DIR] [--force]
                                  from stored results, trains nothing; --force replaces files that Switchyard did not write
  switchyard devices [--json]     what can train here
  switchyard bench                how fast this machine trains the bench models
      --backend NAME --model XS|S|M|L|D|MoE16 --jobs N --replicas R --steps N --seconds N
      --gemm  --profile           time of the matrix products, of every op
      --json                      one JSON object per line
  switchyard tune                 find the fastest matrix products for this GPU; the command line and the app use them
      --models XS,S --seconds N   models whose products are measured, and for how long in all
      --reset                     back to the choices that Switchyard brings
      --json                      what was measured, as one JSON object
  switchyard export RUN [--format huggingface] DIR
                                  a trained run (its folder, or the beginning of its key) as a Hugging Face model
      --store DIR                 look for the key there instead of in ./*.results
  switchyard import DIR           check such a model folder and print its config [--out FILE.safetensors [--force]]
  switchyard forward DIR          --tokens IDS.json --out FILE.safetensors [--grads] [--backend NAME] [--force]
                                  logits, loss and gradients, to hold against another implementation
  switchyard runs [FOLDER …]      runs of all notebooks, or of the stores in these folders
      --where EXPR                e.g. "valLoss < 2 and arm like '%free%'": columns, metrics and settings of the config
      --json                      one JSON object per line
      --rebuild                   make the index again from the folders
  switchyard runs --compare KEY KEY …   two to eight runs (folders, or beginnings of keys) side by side: settings, metrics
      --json                      as one JSON object
  switchyard clean [DIR …] [--older 30d]   remove what unfinished runs left in *.results folders

Exit codes: 0 all fresh, 1 a run failed or diverged, or results could not be saved, 2 refused before training, 130 interrupted.
`;

type Command = (argv: string[]) => Promise<number>;

const commands: Record<string, () => Promise<Command>> = {
  run: async () => (await import("./commands/run.ts")).run,
  check: async () => (await import("./commands/check.ts")).check,
  report: async () => (await import("./commands/report.ts")).report,
  devices: async () => (await import("./commands/devices.ts")).devices,
  bench: async () => (await import("./commands/bench.ts")).bench,
  tune: async () => (await import("./commands/tune.ts")).tune,
  export: async () => (await import("./commands/export.ts")).exportRun,
  import: async () => (await import("./commands/import.ts")).importModel,
  forward: async () => (await import("./commands/forward.ts")).forwardModel,
  runs: async () => (await import("./commands/runs.ts")).runs,
  clean: async () => (await import("./commands/clean.ts")).clean,
};

/** @returns the exit code */
export async function main(argv: readonly string[]): Promise<number> {
  outliveReaders();
  return exitCode(await outcome(argv));
}

async function outcome(argv: readonly string[]): Promise<number> {
  const [name = "--help", ...rest] = argv;
  if (name === "--help" || name === "-h" || name === "help") {
    say(help);
    return 0;
  }
  if (name === "--version") {
    say(`${engineVersion}\n`);
    return 0;
  }
  try {
    const load = Object.hasOwn(commands, name) ? commands[name] : null;
    if (!load) throw new UsageError(`unknown command "${name}"`);
    return await (await load())(rest);
  } catch (error) {
    if (error instanceof UsageError) {
      remark(`switchyard: ${error.message}; see switchyard --help\n`);
      return 2;
    }
    if (error instanceof RefusedError) {
      remark(error.message.endsWith("\n") ? error.message : `${error.message}\n`);
      return 2;
    }
    // a disk that takes no more, or a store that means harm: nothing of ours to look for in a stack
    if (error instanceof StoreWriteError || error instanceof OutsideStoreError) {
      remark(`switchyard: ${error.message}\n`);
      return 1;
    }
    remark(`switchyard: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  }
}
