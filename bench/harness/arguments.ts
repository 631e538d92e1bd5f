/** The command line of `bun bench`. */
import { parseArgs } from "node:util";

/** A command that can't be carried out as given; the message says what to write instead. */
export class UsageError extends Error {}

export interface Arguments {
  /** In the order of the list, without repeats. */
  readonly scenarios: readonly string[];
  readonly peers: readonly string[];
  /** The most a single run may take, in seconds. */
  readonly seconds: number;
  /** Records a run, where given: each scenario has its own default. */
  readonly records: number | undefined;
  readonly rounds: number;
  /** Where the results go as JSON; `-` is stdout. */
  readonly json: string | undefined;
  readonly report: boolean;
  /** Whether ratios outside a scenario's bounds are a failure. */
  readonly check: boolean;
  /** Whether our own programs leave profiles, and their threads are looked at. */
  readonly profile: boolean;
  readonly help: boolean;
}

export interface Known {
  readonly scenarios: readonly string[];
  readonly peers: readonly string[];
  /** Peers when `--peers` is not given. */
  readonly defaultPeers: readonly string[];
}

const options = {
  peers: { type: "string" },
  seconds: { type: "string" },
  records: { type: "string" },
  rounds: { type: "string" },
  json: { type: "string" },
  report: { type: "boolean", default: false },
  check: { type: "boolean", default: false },
  profile: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** What is not given. */
const defaults = { seconds: "5", records: undefined, rounds: "3" } as const;
/** Where nothing is: all scenarios, once, in about five minutes. */
const tour = { seconds: "2", records: "300_000", rounds: "1" } as const;

/**
 * @throws UsageError for an unknown option, scenario or peer, or a number that is none
 */
export function parseArguments(argv: readonly string[], known: Known): Arguments {
  const { values, positionals } = parse(argv);
  const isTour = [...positionals, values.peers, values.seconds, values.records, values.rounds].every(
    (value) => value === undefined,
  );
  const otherwise = isTour ? tour : defaults;
  const { seconds = otherwise.seconds, records = otherwise.records, rounds = otherwise.rounds } = values;
  return {
    scenarios: chooseScenarios(positionals, known.scenarios),
    peers: choosePeers(values.peers, known),
    seconds: positive("--seconds", seconds),
    records: records === undefined ? undefined : whole("--records", records),
    rounds: whole("--rounds", rounds),
    json: values.json,
    report: values.report,
    check: values.check,
    profile: values.profile,
    help: values.help,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    // Node explains well, but goes on about positionals.
    throw new UsageError((error as Error).message.split(". ")[0]!);
  }
}

/** Each name is a scenario or the prefix of a group of them: `client` is `client-produce`, `client-consume`, … */
function chooseScenarios(names: readonly string[], known: readonly string[]): string[] {
  if (names.length === 0) return [...known];
  const chosen = new Set(names.flatMap((name) => matching(name, known)));
  return known.filter((scenario) => chosen.has(scenario));
}

function matching(name: string, known: readonly string[]): string[] {
  const found = known.filter((scenario) => scenario === name || scenario.startsWith(`${name}-`));
  if (found.length === 0) throw new UsageError(`There is no scenario "${name}": ${known.join(", ")}`);
  return found;
}

function choosePeers(given: string | undefined, { peers, defaultPeers }: Known): string[] {
  if (given === undefined) return [...defaultPeers];
  if (given === "all") return [...peers];
  if (given === "none") return [];
  const names = given.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !peers.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`There is no peer "${unknown}": ${peers.join(", ")}, or all, or none`);
  return peers.filter((peer) => names.includes(peer));
}

function positive(name: string, value: string): number {
  const number = Number(value.replaceAll("_", ""));
  if (!(number > 0 && Number.isFinite(number)))
    throw new UsageError(`${name} is "${value}": a number above 0`);
  return number;
}

function whole(name: string, value: string): number {
  const number = positive(name, value);
  if (!Number.isSafeInteger(number)) throw new UsageError(`${name} is "${value}": a whole number`);
  return number;
}
