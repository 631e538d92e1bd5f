/** The command line of `bun run kafka`, read into what is to be done. Pure: nothing is looked up or started here. */
import { parseArgs } from "node:util";
import { BrokerError } from "./error.ts";
import { KAFKA_TOOLS, type KafkaTool } from "./tools.ts";

export type Command =
  | { readonly kind: "help" }
  | {
      readonly kind: "apache";
      readonly nodes: 1 | 3 | undefined;
      readonly port: number | undefined;
      readonly dataDir: string | undefined;
      readonly clean: boolean;
    }
  | { readonly kind: "embedded"; readonly topics: Readonly<Record<string, number>> }
  | { readonly kind: "tool"; readonly tool: KafkaTool; readonly args: readonly string[] };

export const USAGE = `Usage: bun run kafka [--nodes 1|3] [--port N] [--data DIR] [--clean]
       bun run kafka --embedded [--topic NAME=PARTITIONS]...
       bun run kafka <tool> [arguments]

Runs Apache Kafka on this machine, in the foreground, until Ctrl-C. Needs Java 17 or newer; Maven fetches Kafka once.

  --nodes 1|3    how many nodes: one, or three that replicate (default: 1, or what the data is of)
  --port N       the first node's port (default: that of the last run; at first 9092, or a free one if that is taken)
  --data DIR     where data is kept between runs (default: .kafka in this project)
  --clean        delete the data of earlier runs first
  --embedded     a cluster inside this process instead: no Java, in memory, gone at the end
  --topic N=P    with --embedded: make topic N with P partitions; may be repeated
  --help         this text

Kafka's own tools, which talk to KAFKA_BROKER, else to the cluster of --data's default, unless given --bootstrap-server:
${toolList()}
  for example: bun run kafka kafka-consumer-groups --describe --group inventory-group`;

/**
 * Reads the arguments after the script's name.
 * @throws BrokerError BAD_OPTION naming the argument and what it takes
 */
export function readArguments(args: readonly string[]): Command {
  const [first, ...rest] = args;
  if (first !== undefined && isTool(first)) return { kind: "tool", tool: first, args: rest };
  if (first !== undefined && !first.startsWith("-")) {
    throw bad(`"${first}" is no tool of Kafka's that this runs. There are:\n${toolList()}`);
  }
  const values = parse(args);
  if (values.help) return { kind: "help" };
  if (values.embedded) {
    for (const name of ["nodes", "port", "data", "clean"] as const) {
      if (values[name] !== undefined)
        throw bad(`--${name} is for Apache Kafka; the embedded cluster has none of it`);
    }
    return { kind: "embedded", topics: readTopics(values.topic ?? []) };
  }
  if (values.topic)
    throw bad("--topic goes with --embedded; in Apache Kafka, make topics with `kafka-topics --create`");
  return {
    kind: "apache",
    nodes: readNodes(values.nodes),
    port: readPort(values.port),
    dataDir: values.data,
    clean: values.clean ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        nodes: { type: "string" },
        port: { type: "string" },
        data: { type: "string" },
        clean: { type: "boolean" },
        embedded: { type: "boolean" },
        topic: { type: "string", multiple: true },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    const [fault] = (error as Error).message.split(/\.?(?: To specify|\n|$)/); // the rest is advice that does not fit here
    throw bad(`${fault}; --help lists what there is`);
  }
}

function readNodes(given: string | undefined): 1 | 3 | undefined {
  if (given === undefined) return undefined;
  if (given === "1" || given === "3") return given === "1" ? 1 : 3;
  throw bad(`--nodes is "${given}": it takes 1 or 3`);
}

function readPort(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const port = /^\d{1,5}$/.test(given) ? Number(given) : 0;
  if (port < 1 || port > 65_535) throw bad(`--port is "${given}": it takes a number from 1 to 65535`);
  return port;
}

function readTopics(given: readonly string[]): Record<string, number> {
  const topics: Record<string, number> = {};
  for (const topic of given) {
    const [, name, partitions] = /^([^=]+)=(\d{1,5})$/.exec(topic) ?? [];
    if (name === undefined || Number(partitions) < 1) {
      throw bad(`--topic is "${topic}": it takes a name and how many partitions, such as order-events=3`);
    }
    topics[name] = Number(partitions);
  }
  return topics;
}

function isTool(name: string): name is KafkaTool {
  return Object.hasOwn(KAFKA_TOOLS, name);
}

function toolList(): string {
  return Object.keys(KAFKA_TOOLS)
    .map((name) => `  ${name}`)
    .join("\n");
}

function bad(message: string): BrokerError {
  return new BrokerError("BAD_OPTION", message);
}
