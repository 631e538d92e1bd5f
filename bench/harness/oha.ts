/** oha, the generator of open loops: built by Cargo into `out/` when peers are measured, which takes some minutes, once. */
import { homedir } from "node:os";
import { join } from "node:path";
import { outFolder } from "./out-folder.ts";
import type { Bench } from "./scenario.ts";
import { tellingLine } from "./telling-line.ts";

export const ohaVersion = "1.16.0";

const folder = join(outFolder, `oha-${ohaVersion}`);
export const ohaProgram = join(folder, "bin/oha");

/** Whether it is there now; says why where it was to be installed and is not. */
export async function haveOha({ peers, progress, signal }: Bench): Promise<boolean> {
  if (await Bun.file(ohaProgram).exists()) return true;
  if (peers.length === 0) return false;
  const cargo = Bun.which("cargo") ?? Bun.which("cargo", { PATH: join(homedir(), ".cargo/bin") });
  if (!cargo) {
    progress.say(`  no oha ${ohaVersion}, since there is no \`cargo\` to build it: autocannon stands in`);
    return false;
  }
  const features = ["--no-default-features", "--features", "rustls"];
  const command = [
    cargo,
    "install",
    "oha",
    "--version",
    ohaVersion,
    "--locked",
    ...features,
    "--root",
    folder,
  ];
  const child = Bun.spawn(command, { stdio: ["ignore", "ignore", "pipe"], signal });
  const output = await progress.during(`building oha ${ohaVersion} (once)`, async () => {
    const text = await child.stderr.text();
    await child.exited;
    return text;
  });
  signal.throwIfAborted();
  if (child.exitCode === 0) return true;
  progress.say(`  oha can't be built: ${tellingLine(output)}: autocannon stands in`);
  return false;
}
