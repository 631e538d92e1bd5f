/** A service of this project as the bench runs it: its own program with its defaults, quiet. */
import { join } from "node:path";
import type { BenchCluster } from "./cluster.ts";
import { rootFolder } from "./out-folder.ts";

export interface OwnService {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** `own`: settings besides. */
export function ownService(
  name: "producer" | "inventory" | "analytics",
  { brokers }: BenchCluster,
  own: Readonly<Record<string, string>> = {},
): OwnService {
  return {
    command: [process.execPath, join(rootFolder, `packages/${name}/src/main.ts`)],
    environment: { KAFKA_BROKER: brokers, MANAGEMENT_PORT: "0", LOG_LEVEL: "warning", ...own },
  };
}
