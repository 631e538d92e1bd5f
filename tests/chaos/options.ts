/** What `bun run chaos` can be told. */
import { parseArgs } from "node:util";
import { readKinds } from "./faults.ts";
import { FAULT_KINDS, type FaultKind } from "./schedule.ts";

export const USAGE = `Usage: bun run chaos [options]

Runs the whole system on three real Kafka nodes, breaks it by a plan that the seed decides, and checks that every promise was kept. Needs
Java 17. The last line is a summary; exit code 0 if nothing was found, 1 if something was, 2 for bad usage, 130 after Ctrl-C.

  --seed N         the plan and the load (default: a random one, which is printed)
  --seconds N      how long the load and the faults last (default: 60)
  --faults A,B     only these: ${FAULT_KINDS.join(", ")}
  --rate N         requests a second (default: 150)
  --history FILE   what clients were told, a JSON line an answer
  --logs FOLDER    what the services said, a file an instance
  --json FILE      the outcome as JSON
  --scenario NAME  one figure of tests/RELIABILITY.md instead; --scenario list names them
  --times N        how often a scenario does what it counts (default: as the figure asks for)
  --controls       runs planted bugs, each of which must be found; --controls NAME only that
  --report         runs every scenario and every control, and writes tests/RELIABILITY.md
  --keep FOLDER    keeps what a scenario or a control came to, and does not run again what is kept there: --report piece by piece
  --cost FILE      for --report: what \`bun bench inventory --peers franz-go,kafka-streams --json FILE\` wrote, the figure that is measured without faults
  --help           this text`;

export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface Options {
  readonly help: boolean;
  readonly seed: number;
  readonly seconds: number;
  readonly kinds: readonly FaultKind[];
  readonly rate: number;
  readonly historyFile: string | undefined;
  readonly logsFolder: string | undefined;
  readonly jsonFile: string | undefined;
  readonly scenario: string | undefined;
  readonly times: number | undefined;
  /** True for all of them, or the name of one. */
  readonly controls: boolean | string;
  readonly report: boolean;
  readonly keepFolder: string | undefined;
  readonly costFile: string | undefined;
}

/** @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  if (positionals.length > (values.controls ? 1 : 0))
    throw new UsageError(`there is no use for "${positionals.at(-1)}"`);
  const modes = [values.scenario !== undefined, values.controls, values.report].filter(Boolean);
  if (modes.length > 1) throw new UsageError("--scenario, --controls and --report exclude each other");
  if (values.cost !== undefined && !values.report) throw new UsageError("--cost is for --report");
  return {
    help: values.help,
    seed: number("seed", values.seed, { min: 0, max: 2 ** 31 - 1 }) ?? Math.floor(Math.random() * 1e6),
    seconds: number("seconds", values.seconds, { min: 10, max: 86_400 }) ?? 60,
    kinds: values.faults === undefined ? FAULT_KINDS : kinds(values.faults),
    rate: number("rate", values.rate, { min: 1, max: 10_000 }) ?? 150,
    historyFile: values.history,
    logsFolder: values.logs,
    jsonFile: values.json,
    scenario: values.scenario,
    times: number("times", values.times, { min: 1, max: 100_000 }),
    controls: values.controls && positionals[0] !== undefined ? positionals[0] : values.controls,
    report: values.report,
    keepFolder: values.keep,
    costFile: values.cost,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        seed: { type: "string" },
        seconds: { type: "string" },
        faults: { type: "string" },
        rate: { type: "string" },
        history: { type: "string" },
        logs: { type: "string" },
        json: { type: "string" },
        scenario: { type: "string" },
        times: { type: "string" },
        controls: { type: "boolean", default: false },
        report: { type: "boolean", default: false },
        keep: { type: "string" },
        cost: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function kinds(list: string): FaultKind[] {
  try {
    return readKinds(list);
  } catch (error) {
    throw new UsageError(`--faults: ${(error as Error).message}`);
  }
}

function number(
  name: string,
  given: string | undefined,
  { min, max }: { min: number; max: number },
): number | undefined {
  if (given === undefined) return undefined;
  const value = /^\d{1,12}$/.test(given) ? Number(given) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`--${name} is "${given}": it takes a whole number from ${min} to ${max}`);
}
