/** `orders doctor`: whether what the order system needs is there, and what to do where it is not. */
import { TOPICS } from "@campus/events";
import { type Admin, libraryVersion, type TopicDescription } from "@campus/kafka";
import type { Command } from "../command.ts";
import type { Connection } from "../connection.ts";
import { CommandError, EXIT_CODE } from "../exit-code.ts";
import { isUnsupported, readGroup } from "../group.ts";
import { readLag } from "../group-lag.ts";
import { totalLag } from "../lag.ts";
import { formatDuration } from "../moment.ts";
import { readTimes } from "../record-times.ts";
import type { Column, Tone } from "../table.ts";
import { describeExisting, readEnds } from "../topics.ts";

const COLUMNS: readonly Column[] = [{ title: "CHECK" }, { title: "STATE" }, { title: "FOUND" }];

const GROUPS = ["inventory-group", "analytics-group"];

/** What clients here are expected to need of librdkafka, by the names of `builtin.features`. */
const FEATURES = ["ssl", "lz4", "zstd", "sasl_scram"];

/** A record written so far in the future was written by a clock that is wrong, or is read by one. */
const CLOCK_TOLERANCE_MS = 5_000;

interface Finding {
  readonly check: string;
  /** `note` is a thing to know, and no fault. */
  readonly state: "ok" | "note" | "failed";
  readonly found: string;
  /** What to do about it. */
  readonly advice?: string;
}

const TONES: Readonly<Record<Finding["state"], Tone>> = { ok: "good", note: "warning", failed: "bad" };

export const doctor: Command = {
  name: "doctor",
  summary: "whether what the order system needs is there, and what to do where it is not",
  description: `Looks at the library this runs on, the brokers, the topics of the order system, its groups and the clocks. Each line is ok, a
note, or failed with what to do. Nothing is changed. Exit code 1 where something failed, 3 where no broker answers.`,
  options: [],
  examples: [
    ["doctor", "this machine and the cluster that KAFKA_BROKER names"],
    ["doctor --brokers kafka.example:9092 --json", "another cluster, for programs"],
  ],
  async run(_, { output, connect }) {
    const findings: Finding[] = [];
    let exitCode: number = EXIT_CODE.ok;
    try {
      findings.push(library());
      const startedAt = performance.now();
      await using connection = await connect();
      findings.push(...(await brokers(connection, performance.now() - startedAt)));
      findings.push(...(await topics(connection.admin)));
      for (const group of GROUPS) findings.push(await groupOf(connection.admin, group));
      findings.push(await clock(connection));
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      findings.push({ check: "brokers", state: "failed", found: error.message });
      exitCode = error.exitCode;
    }
    const failures = findings.filter(({ state }) => state === "failed");
    if (exitCode === EXIT_CODE.ok && failures.length > 0) exitCode = EXIT_CODE.failed;
    if (output.isJson) output.json({ ok: failures.length === 0, findings });
    else {
      output.table(
        COLUMNS,
        findings.map(({ check, state, found }) => [check, { text: state, tone: TONES[state] }, found]),
      );
    }
    for (const { check, advice } of findings) if (advice !== undefined) output.say(`${check}: ${advice}`);
    output.say(failures.length === 0 ? "All is there." : `${failures.length} failed.`);
    return exitCode;
  },
};

function library(): Finding {
  const { version, path, features } = libraryVersion();
  const missing = FEATURES.filter((feature) => !features.includes(feature));
  const found = `librdkafka ${version} (${path}) on Bun ${Bun.version}`;
  if (missing.length === 0) return { check: "library", state: "ok", found };
  return {
    ...{ check: "library", state: "note", found: `${found}, without ${missing.join(", ")}` },
    advice:
      "install what it was built without (libssl-dev, libzstd-dev), then `bun packages/kafka/src/native/build-library.ts --force`",
  };
}

async function brokers({ admin }: Connection, tookMs: number): Promise<Finding[]> {
  const { brokers, controller } = await admin.describeCluster();
  const names = brokers.map(({ id, host, port }) => `${id} at ${host}:${port}`).join(", ");
  const answered: Finding = {
    ...{ check: "brokers", state: "ok" },
    found: `${brokers.length}: ${names}; controller ${controller?.id ?? "unknown"}; connected in ${formatDuration(tookMs)}`,
  };
  const isEmbedded = await admin.describeGroups(["inventory-group"]).then(() => false, isUnsupported);
  if (isEmbedded) {
    return [
      answered,
      { check: "kind", state: "note", found: "the embedded cluster: in memory, gone when its process ends" },
    ];
  }
  if (brokers.length >= 3) return [answered, { check: "kind", state: "ok", found: "Apache Kafka" }];
  return [
    answered,
    {
      ...{
        check: "kind",
        state: "note",
        found: `Apache Kafka with ${brokers.length === 1 ? "one broker" : "two brokers"}`,
      },
      advice:
        "what is to outlast the loss of a machine needs three brokers, replication 3 and min.insync.replicas 2",
    },
  ];
}

async function topics(admin: Admin): Promise<Finding[]> {
  const described = await describeExisting(
    admin,
    TOPICS.map(({ topic }) => topic),
  );
  return TOPICS.map(({ topic, partitions }): Finding => {
    const there = described.find((description) => description.topic === topic);
    if (!there) {
      const advice = `the services make it when they start; or \`orders topics create ${topic} --partitions ${partitions}\``;
      return { check: topic, state: "failed", found: "there is no such topic", advice };
    }
    return stateOf(there, partitions);
  });
}

function stateOf({ topic, partitions }: TopicDescription, expected: number): Finding {
  const dead = partitions.filter(({ leader }) => leader === null).map(({ partition }) => partition);
  const behind = partitions.filter(({ replicas, inSyncReplicas }) => inSyncReplicas.length < replicas.length);
  const copies = Math.min(...partitions.map(({ replicas }) => replicas.length));
  const found = `${partitions.length} partitions, ${copies} ${copies === 1 ? "copy" : "copies"} of each`;
  if (dead.length > 0) {
    const advice = "start the brokers that keep them; orders for them are not taken until then";
    return { check: topic, state: "failed", found: `${found}; without a leader: ${dead.join(", ")}`, advice };
  }
  if (behind.length > 0) {
    const which = behind.map(({ partition }) => partition).join(", ");
    const advice = "a broker is down or behind: nothing is lost, and the next loss may stop the topic";
    return { check: topic, state: "note", found: `${found}; not all copies in sync: ${which}`, advice };
  }
  if (partitions.length < expected) {
    const advice = `at most ${partitions.length} instances of a service share the work`;
    return { check: topic, state: "note", found: `${found}, the contract says ${expected}`, advice };
  }
  return { check: topic, state: "ok", found };
}

async function groupOf(admin: Admin, groupId: string): Promise<Finding> {
  const group = await readGroup(admin, groupId);
  const advice = `nobody works: start it (\`bun start\`, or \`bun run ${groupId.replace("-group", "")}\`)`;
  if (!group) return { check: groupId, state: "note", found: "it has committed nothing", advice };
  const lag = totalLag(await readLag(admin, group));
  if (group.state === null) return { check: groupId, state: "ok", found: `lag ${lag}` };
  const found = `${group.state}, ${group.members.length} members, lag ${lag}`;
  return group.members.length > 0
    ? { check: groupId, state: "ok", found }
    : { check: groupId, state: "note", found, advice };
}

/** Kafka's clients have no way to ask a broker for its time: the newest records tell. */
async function clock({ admin, kafka }: Connection): Promise<Finding> {
  const topics = await describeExisting(admin, ["order-events"]);
  const ends = await readEnds(admin, topics, "latest");
  const last = ends
    .filter(({ offset }) => offset > 0)
    .map(({ offset, ...place }) => ({ ...place, offset: offset - 1, end: offset }));
  const newest = Math.max(...(await readTimes(kafka, last)).values());
  const check = "clock";
  if (newest === Number.NEGATIVE_INFINITY)
    return { check, state: "ok", found: "no order yet to compare it with" };
  const age = Date.now() - newest;
  if (age >= -CLOCK_TOLERANCE_MS) {
    return { check, state: "ok", found: `the newest order is ${formatDuration(Math.max(0, age))} old` };
  }
  const advice =
    "set the clocks of this machine and of the producer's by NTP: times of orders and latencies are wrong";
  return {
    check,
    state: "failed",
    found: `the newest order is ${formatDuration(-age)} in the future`,
    advice,
  };
}
