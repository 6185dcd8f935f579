/** Makes the packages as a person does, but with the inspector left on, and takes the deb apart. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "../support/paths.ts";

export interface Packages {
  /** the folder of the dir target */
  unpacked: string;
  deb: string;
}

const onPath = (name: string): boolean => (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, name)));

/** Why debs cannot be made here, or null. */
export function missingForDeb(): string | null {
  if (process.platform !== "linux") return "debs are made on Linux";
  return onPath("dpkg-deb") ? null : "there is no dpkg-deb";
}

/** Why the packaged app cannot be made and started here, or null. */
export function missingForApp(): string | null {
  if (!existsSync(join(root, "out/app/main/main.js"))) return "out/app is not built (node scripts/build.mjs app)";
  if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return "there is no display (run it under xvfb-run -a)";
  return missingForDeb();
}

/** @throws Error with the program's last words when it fails */
export function command(program: string, args: string[], env: Record<string, string> = {}): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: root, encoding: "utf8", env: { ...process.env, ...env } });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ended with code ${status}: ${(stderr || stdout).trim().split("\n").slice(-5).join("\n")}`);
  return stdout;
}

/** @param output folder to make the packages in, inside the repository or absolute */
export function makePackages(output: string): Packages {
  command(process.execPath, [join(root, "scripts/dist.mjs"), "dir", "deb", "--prebuilt", "--out", output], {
    SWITCHYARD_DIST_TESTABLE: "1",
  });
  const deb = readdirSync(output).find((name) => name.endsWith(".deb"));
  if (!deb) throw new Error(`no deb in ${output}`);
  return { unpacked: join(output, "linux-unpacked"), deb: join(output, deb) };
}
