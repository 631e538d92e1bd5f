/**
 * What `kafka-consumer-groups --describe` says of a group, as rows: the stock tool's word on offsets and lag, for tests to
 * hold this project's own against.
 */
import { BrokerError } from "./error.ts";
import { formatTail } from "./log-tail.ts";
import { kafkaConsumerGroups, type ToolOptions } from "./tools.ts";

/** One partition a group has an offset in, or a member reads. */
export interface GroupRow {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** The committed offset; null if there is none. */
  readonly currentOffset: number | null;
  readonly logEndOffset: number | null;
  readonly lag: number | null;
  /** The member that has the partition; null if none does. */
  readonly consumerId: string | null;
  readonly host: string | null;
  readonly clientId: string | null;
}

/**
 * The rows of a group, by topic and partition.
 * @throws BrokerError TOOL_FAILED with what the tool said, also where there is no such group
 */
export async function describeGroup(
  brokers: string,
  group: string,
  options?: ToolOptions,
): Promise<GroupRow[]> {
  const { exitCode, stdout, stderr } = await kafkaConsumerGroups(
    brokers,
    ["--describe", "--group", group],
    options,
  );
  // It exits with 0 even where there is no such group.
  if (exitCode !== 0 || /^Error: /m.test(stdout)) {
    const said = `${stdout}\n${formatTail(stderr, 5)}`.trim();
    throw new BrokerError("TOOL_FAILED", `kafka-consumer-groups could not describe "${group}": ${said}`);
  }
  return parseGroupDescription(stdout);
}

/**
 * Reads the tool's table. Columns are found by their titles, which have grown over Kafka's versions; a value with spaces
 * in it can only be told from the next column in the last one, which is the client id.
 */
export function parseGroupDescription(output: string): GroupRow[] {
  let titles: string[] | undefined;
  const rows: GroupRow[] = [];
  for (const line of output.split("\n")) {
    const cells = line.trim().split(/\s+/);
    if (cells[0] === "GROUP" && cells.includes("TOPIC")) titles = cells;
    else if (titles && cells.length >= titles.length) rows.push(toRow(titles, cells));
  }
  return rows.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
}

function toRow(titles: readonly string[], cells: readonly string[]): GroupRow {
  const text = (title: string): string | null => {
    const index = titles.indexOf(title);
    const value = index === titles.length - 1 ? cells.slice(index).join(" ") : cells[index];
    return index < 0 || value === undefined || value === "-" ? null : value;
  };
  const number = (title: string): number | null => {
    const value = text(title);
    return value === null ? null : Number(value);
  };
  return {
    group: text("GROUP")!,
    topic: text("TOPIC")!,
    partition: number("PARTITION")!,
    currentOffset: number("CURRENT-OFFSET"),
    logEndOffset: number("LOG-END-OFFSET"),
    lag: number("LAG"),
    consumerId: text("CONSUMER-ID"),
    host: text("HOST"),
    clientId: text("CLIENT-ID"),
  };
}
