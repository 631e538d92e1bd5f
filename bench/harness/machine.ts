/** What the figures were measured on, and by whom: the part of a report without which the rest means nothing. */
import { cpus, release, totalmem } from "node:os";
import { libraryVersion } from "@campus/kafka";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
}

export function describeMachine(): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? "unknown",
    cores: cores.length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${process.platform} ${process.arch}, kernel ${release()}`,
  };
}

/** Of what is ours; peers add their own. */
export function ownVersions(): Record<string, string> {
  const library = libraryVersion();
  return { bun: Bun.version, librdkafka: library.version };
}
