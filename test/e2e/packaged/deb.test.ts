import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../support/paths.ts";
import { command, missingForDeb } from "./package.ts";

const missing = missingForDeb();
if (missing) console.log(`deb: skipped: ${missing}`);

describe.skipIf(missing !== null)("the stand-in for fpm", () => {
  let folder: string;
  const deb = () => join(folder, "tool.deb");
  const fpm = (...args: string[]) => command(process.execPath, [join(root, "scripts/fpm-deb.mjs"), ...args]);
  const field = (name: string) => command("dpkg-deb", ["-f", deb(), name]).trim();
  const arguments_ = (...more: string[]) => [
    ...["-s", "dir", "--force", "-t", "deb", "-d", "libc6", "-d", "libgtk-3-0 | libgtk-3-0t64", "--deb-recommends", "libsecret-1-0"],
    ...["--deb-compression", "gz", "--architecture", "amd64", "--after-install", join(folder, "after.sh")],
    ...["--description", "Short\n Longer, first.\n\n Second.", "--version", "1.2.3~rc1", "--package", deb()],
    ...["--name", "tool", "--maintainer", "A <a@b.invalid>", "--url", "https://b.invalid/", ...more],
    ...[`${join(folder, "app")}/=/opt/A=B Tool`, `${join(folder, "icon.png")}=/usr/share/icons/tool.png`],
  ];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "switchyard-deb-"));
    mkdirSync(join(folder, "app/inner"), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, "app/run"), "#!/bin/sh\n", { mode: 0o700 });
    writeFileSync(join(folder, "app/inner/data"), "x".repeat(2000), { mode: 0o600 });
    writeFileSync(join(folder, "icon.png"), "png", { mode: 0o600 });
    writeFileSync(join(folder, "after.sh"), "#!/bin/sh\nexit 0\n", { mode: 0o600 });
    chmodSync(join(folder, "app"), 0o700);
    fpm(...arguments_("--iteration", "4"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("writes the fields it was given", () => {
    expect(field("Version")).toBe("1.2.3~rc1-4");
    expect(field("Depends")).toBe("libc6, libgtk-3-0 | libgtk-3-0t64");
    expect(field("Recommends")).toBe("libsecret-1-0");
    // 2000 bytes take 2 KiB, the other files one each.
    expect(field("Installed-Size")).toBe("4");
    expect(field("Description")).toBe("Short\n Longer, first.\n .\n Second.");
  });

  it("names no homepage that leads nowhere", () => {
    expect(field("Homepage")).toBe("");
    fpm(...arguments_("--url", "https://example.org/tool"));
    expect(field("Homepage")).toBe("https://example.org/tool");
  });

  it("puts files at their places, owned by root, with permissions that do not depend on the builder's umask", () => {
    const lines = command("dpkg-deb", ["-c", deb()])
      .trim()
      .split("\n")
      .map((line) => line.split(/\s+/));
    const listing = lines.map(([mode, owner, , , , ...path]) => `${mode} ${owner} ${path.join(" ")}`).sort();
    expect(listing).toEqual([
      "-rw-r--r-- root/root ./opt/A=B Tool/inner/data",
      "-rw-r--r-- root/root ./usr/share/icons/tool.png",
      "-rwxr-xr-x root/root ./opt/A=B Tool/run",
      "drwxr-xr-x root/root ./",
      "drwxr-xr-x root/root ./opt/",
      "drwxr-xr-x root/root ./opt/A=B Tool/",
      "drwxr-xr-x root/root ./opt/A=B Tool/inner/",
      "drwxr-xr-x root/root ./usr/",
      "drwxr-xr-x root/root ./usr/share/",
      "drwxr-xr-x root/root ./usr/share/icons/",
    ]);
  });

  it("runs the script after installation", () => {
    expect(command("dpkg-deb", ["-I", deb(), "postinst"])).toBe("#!/bin/sh\nexit 0\n");
  });

  it("refuses an option it does not know rather than leaving it out", () => {
    expect(() => fpm(...arguments_("--deb-systemd", "tool.service"))).toThrow(/fpm-deb: Unknown option '--deb-systemd'/);
    expect(() => fpm("-s", "dir", "-t", "rpm")).toThrow("makes deb from dir, not rpm from dir");
    expect(() => fpm("-s", "dir", "-t", "deb", "--package", deb())).toThrow("--name is missing");
  });
});
