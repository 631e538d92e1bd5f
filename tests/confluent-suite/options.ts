/** What the runner of Confluent's own tests can be told. */
import { parseArgs } from "node:util";

export const USAGE = `Usage: bun tests/confluent-suite/main.ts CHECKOUT [options]

Runs the tests of @confluentinc/kafka-javascript, which its package does not carry, with the version of the client that is installed here: on Bun with
packages/confluent, or on Node with the client's own addon. CHECKOUT is a folder that has the client's test/ and e2e/. Needs the npm registry once, for
mocha and jest. Exit code 0 if all passed, 1 if a test failed, 2 for bad usage.

  --brokers LIST  the cluster to use (default: a real Apache Kafka, started for the run; needs Java 17). Topics it makes by itself must have one partition
  --node FOLDER   on Node instead, with the client and its built addon from FOLDER/node_modules
  --only TEXT     only the files whose path contains this; may be repeated
  --details       each test that failed, with the beginning of what it said
  --help          this text`;

export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface Options {
  readonly checkout: string;
  readonly brokers: string | undefined;
  readonly node: string | undefined;
  /** Nothing here means every file. */
  readonly only: readonly string[];
  readonly details: boolean;
}

/**
 * Null where help is asked for.
 * @throws UsageError
 */
export function readOptions(args: readonly string[]): Options | null {
  const { values, positionals } = parse(args);
  if (values.help) return null;
  const [checkout, ...more] = positionals;
  if (checkout === undefined) throw new UsageError("which folder has the tests?");
  if (more.length > 0) throw new UsageError(`there is no use for "${more[0]}"`);
  return {
    checkout,
    brokers: values.brokers,
    node: values.node,
    only: values.only ?? [],
    details: values.details ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        brokers: { type: "string" },
        node: { type: "string" },
        only: { type: "string", multiple: true },
        details: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
