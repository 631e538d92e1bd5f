/** `orders`, the operator's command, as its users run it: a process a call, on the embedded cluster and beside Kafka's own tools. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeGroup, freePorts, kafkaConsumerGroups } from "@campus/broker";
import { deadLetterRecord } from "@campus/events";
import { type Consumer, createAdmin, createConsumer, createProducer } from "@campus/kafka";
import { onCluster, onEachCluster, type TestCluster } from "./support/clusters.ts";
import { type Ended, runOrders, spawnOrders } from "./support/orders-command.ts";
import { until } from "./support/until.ts";

setDefaultTimeout(30_000);

/** Where the command is run, and leaves the files it writes. */
const folder = mkdtempSync(join(tmpdir(), "campus-orders-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const orders = (args: readonly string[], environment: Record<string, string> = {}) =>
  runOrders(args, { environment, folder });

// These wait for an answer for seconds, so they are begun first.
const nobody = `127.0.0.1:${freePorts(1)[0]}`;
let withoutBroker: Promise<Ended[]>;
beforeAll(() => {
  withoutBroker = Promise.all([
    orders(["lag"], { KAFKA_BROKER: nobody }),
    orders(["offsets", "reset", "g", "--to", "latest", "--json", "--brokers", nobody]),
    orders(["topics", "ls", "--brokers", "nowhere.invalid:9092"]),
  ]);
});

const RECORDS = [7, 5, 3];

interface Log {
  readonly brokers: string;
  readonly topic: string;
  readonly groupId: string;
  /** Runs the command on this cluster. */
  readonly run: (...args: string[]) => Promise<Ended>;
  /** What the group has committed, by partition; -1 for nothing. */
  readonly committed: () => Promise<number[]>;
}

/** A topic with a few records in each partition, and a group that has committed `offsets` in it without ever having had a member. */
async function createLog(cluster: TestCluster, offsets: readonly number[] = []): Promise<Log> {
  const { brokers } = cluster;
  const topic = await cluster.createTopic({ prefix: "cli" });
  const groupId = `group-of-${topic}`;
  await using producer = createProducer({ brokers, onLog: () => undefined });
  const records = RECORDS.flatMap((count, partition) =>
    Array.from({ length: count }, (_, i) => ({ partition, value: `${i}` })),
  );
  await producer.sendBatch(topic, records);
  await using admin = createAdmin({ brokers, onLog: () => undefined });
  const commits = offsets.map((offset, partition) => ({ topic, partition, offset }));
  if (commits.length > 0) await admin.alterGroupOffsets(groupId, commits);
  return {
    brokers,
    topic,
    groupId,
    run: (...args) => orders([...args, "--brokers", brokers]),
    async committed() {
      await using asking = createAdmin({ brokers, onLog: () => undefined });
      const places = RECORDS.map((_, partition) => ({ topic, partition }));
      return (await asking.groupOffsets(groupId, places))
        .sort((a, b) => a.partition - b.partition)
        .map(({ offset }) => offset);
    },
  };
}

/** A consumer that has read and committed everything, and stays in the group. */
async function readAll(cluster: TestCluster, { topic, groupId }: Log): Promise<Consumer> {
  const consumer = createConsumer({
    brokers: cluster.brokers,
    groupId,
    topics: [topic],
    clientId: "reader",
    autoOffsetReset: "earliest",
    sessionTimeoutMs: cluster.sessionTimeoutMs,
    onLog: () => undefined,
  });
  let seen = 0;
  for await (const batch of consumer) {
    seen += batch.length;
    await batch.commit();
    if (seen === RECORDS.reduce((sum, count) => sum + count)) break;
  }
  return consumer;
}

const words = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => line.trim().split(/ +/));

onEachCluster("orders", (cluster) => {
  test("lag: a row a partition and the total, as a table and as JSON", async () => {
    const { run, topic, groupId } = await createLog(cluster(), [2, 5]);
    const [{ exitCode, stdout, stderr }, json] = await Promise.all([
      run("lag", groupId),
      run("lag", groupId, "--json"),
    ]);
    expect([exitCode, json.exitCode]).toEqual([0, 0]);
    const age = expect.stringMatching(/^[\d.]+m?s$/);
    expect(words(stdout)).toEqual([
      ["GROUP", "TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "AGE", "STATE", "CLIENT", "CONSUMER"],
      [groupId, topic, "0", "2", "7", "5", age, "OK", "-", "-"],
      [groupId, topic, "1", "5", "5", "0", "0ms", "OK", "-", "-"],
      [groupId, topic, "2", "-", "3", "-", "-", "-", "-", "-"],
      [groupId, "total", "-", "-", "-", "5", "-", "OK", "-", "-"],
    ]);
    expect(stderr).toContain(`nothing committed in ${topic}/2, not in the total`);

    const document = JSON.parse(json.stdout);
    expect(document).toMatchObject({ lag: 5, groups: [{ group: groupId, lag: 5 }] });
    expect(document.groups[0].partitions[0]).toEqual({
      ...{ topic, partition: 0, committed: 2, end: 7, lag: 5, ageMs: expect.any(Number), state: "OK" },
      ...{ memberId: null, clientId: null, host: null, rate: null, caughtUpMs: null },
    });
    const [over, old, fine] = await Promise.all([
      run("lag", groupId, "--fail-over", "4"),
      run("lag", groupId, "--max-age", "1ms"),
      run("lag", groupId, "--fail-over", "5", "--max-age", "1h"),
    ]);
    expect([over, old, fine].map(({ exitCode }) => exitCode)).toEqual([1, 1, 0]);
    expect(over.stderr).toContain(`More than 4 behind: ${groupId}.`);
    expect(old.stderr).toContain(`Older than 1ms: what is next in ${topic}/0.`);
  });

  test("offsets reset: shows first, writes only when told to, to either end", async () => {
    const { run, topic, groupId, committed } = await createLog(cluster(), [2, 5]);
    const dry = await run("offsets", "reset", groupId, "--to", "earliest");
    expect(dry).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("Nothing was changed") });
    const time = expect.stringMatching(/^20\d\d-\d\d-\d\dT/);
    expect(words(dry.stdout)).toEqual([
      ["TOPIC", "PARTITION", "OLD", "NEW", "DIFFERENCE", "OLD-TIME", "NEW-TIME"],
      [topic, "0", "2", "0", "-2", time, time],
      [topic, "1", "5", "0", "-5", "-", time],
      [topic, "2", "-", "0", "-", "-", time],
    ]);
    expect(await committed()).toEqual([2, 5, -1]);
    expect(readdirSync(folder).filter((name) => name.startsWith(groupId))).toEqual([]);

    const done = await run("offsets", "reset", groupId, "--to", "earliest", "--execute");
    expect(done).toMatchObject({ exitCode: 0, stdout: dry.stdout });
    expect(await committed()).toEqual([0, 0, 0]);

    const latest = await run(
      "offsets",
      "reset",
      groupId,
      "--to",
      "latest",
      "--topic",
      topic,
      "--execute",
      "--json",
    );
    expect(latest.exitCode).toBe(0);
    expect(JSON.parse(latest.stdout)).toMatchObject({
      ...{ group: groupId, to: "latest", executed: true },
      partitions: RECORDS.map((end, partition) => ({ topic, partition, old: 0, new: end, difference: end })),
    });
    expect(await committed()).toEqual(RECORDS);

    // What each of the two writes replaced is in a file, and comes back from there.
    const kept = readdirSync(folder)
      .filter((name) => name.startsWith(groupId))
      .sort();
    expect(kept).toHaveLength(2);
    expect(JSON.parse(latest.stdout).backup).toBe(kept[1]);
    const restored = await run("offsets", "restore", kept[0]!, "--execute");
    expect(restored).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("goes back") });
    expect(await committed()).toEqual([2, 5, RECORDS[2]!]);
  });

  test("offsets backup, and a reset to what it kept; a file that is none is refused", async () => {
    const { run, topic, groupId, committed } = await createLog(cluster(), [1, 2, 3]);
    const file = `${topic}.json`;
    expect(await run("offsets", "backup", groupId, "--out", file)).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(readFileSync(join(folder, file), "utf8"))).toMatchObject({
      group: groupId,
      offsets: [1, 2, 3].map((offset, partition) => ({ topic, partition, offset })),
    });
    expect(await run("offsets", "backup", groupId, "--out", file)).toMatchObject({
      ...{ exitCode: 1, stderr: expect.stringContaining("exists already") },
    });
    await run("offsets", "reset", groupId, "--to", "earliest", "--execute");
    const back = await run("offsets", "reset", groupId, "--to", `file:${file}`, "--execute");
    expect(back).toMatchObject({ exitCode: 0 });
    expect(await committed()).toEqual([1, 2, 3]);
    await Bun.write(join(folder, "none.json"), "{}");
    const none = await run("offsets", "restore", "none.json", "--execute");
    expect(none).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("is no file of offsets") });
    expect(await committed()).toEqual([1, 2, 3]);
  });

  test("topics tail: what is there, filtered; what comes, until it is told to end", async () => {
    const { run, topic, brokers } = await createLog(cluster());
    const lines = (text: string) => text.trimEnd().split("\n").filter(Boolean);
    const last = await run("topics", "tail", topic, "--from", "end-2", "--once", "--json");
    const shown = lines(last.stdout).map((line) => JSON.parse(line));
    expect(shown.map(({ partition, offset }) => [partition, offset]).sort()).toEqual(
      RECORDS.flatMap((end, partition) => [end - 2, end - 1].map((offset) => [partition, offset])),
    );
    expect(shown[0]).toMatchObject({ topic, key: null, encoding: "json", headers: [] });
    const one = await run("topics", "tail", topic, "--from", "earliest", "--once", "--grep", "6");
    expect(lines(one.stdout)).toEqual([expect.stringMatching(new RegExp(`${topic}/0@6  -  6$`))]);

    const following = run("topics", "tail", topic, "--max", "2", "--key", "wanted", "--json");
    await using producer = createProducer({ brokers, onLog: () => undefined });
    let isOver = false;
    void following.then(() => (isOver = true));
    while (!isOver) {
      await producer.sendBatch(topic, [
        { key: "other", value: "x" },
        { key: "wanted", value: '{"n":1}', headers: { h: "1" } },
      ]);
      await Bun.sleep(200);
    }
    const followed = await following;
    expect(followed.exitCode).toBe(0);
    expect(lines(followed.stdout).map((line) => JSON.parse(line))).toEqual(
      Array(2).fill(expect.objectContaining({ key: "wanted", value: { n: 1 }, headers: [["h", "1"]] })),
    );
  });

  test("lag --watch: look after look, with rates, until it is told to end", async () => {
    const { run, topic, groupId, brokers } = await createLog(cluster(), [2, 5, 3]);
    const watching = spawnOrders(
      [
        "lag",
        groupId,
        "--watch",
        "--interval",
        "200ms",
        "--stalled-after",
        "1s",
        "--json",
        "--brokers",
        brokers,
      ],
      { folder },
    );
    let text = "";
    const reading = (async () => {
      for await (const chunk of watching.stdout.pipeThrough(new TextDecoderStream())) text += chunk;
    })();
    const looks = () =>
      text
        .trimEnd()
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    await until("it has said that the group stands", () => looks().at(-1)?.groups[0].judgement === "STALLED");
    expect(looks()[0].groups[0]).toMatchObject({ judgement: "OK", lag: 5, rate: null });
    await run("offsets", "reset", groupId, "--to", "latest", "--execute");
    await until("it has seen what was committed", () => looks().at(-1)?.lag === 0);
    expect(looks().at(-1).groups[0]).toMatchObject({ judgement: "OK", caughtUpMs: 0 });
    expect(looks().at(-1).groups[0].rate).toBeGreaterThan(0);
    expect(looks()[0].groups[0].partitions[0]).toMatchObject({ topic, ageMs: expect.any(Number) });
    watching.kill("SIGINT");
    expect(await watching.exited).toBe(0);
    await reading;
  });

  test("dead letters: counted by reason, shown, sent back once and not round for ever, purged", async () => {
    const { run, topic, brokers } = await createLog(cluster());
    const dlq = `${topic}.dlq`;
    await using producer = createProducer({ brokers, onLog: () => undefined });
    // The embedded cluster makes it when it is written to.
    const made = await run("topics", "create", dlq, "--partitions", "1");
    expect(made.exitCode).toBe(cluster().kind === "embedded" ? 1 : 0);
    const letter = (offset: number, headers: Record<string, string> = {}) => {
      const record = {
        topic,
        partition: 1,
        offset,
        timestamp: 1,
        key: Buffer.from("k"),
        value: Buffer.from(`${offset}`),
      };
      const own = Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)] as const);
      const error = Object.assign(new Error("it is no event"), { name: "MalformedEventError" });
      const about = { group: "readers", error, firstSeenMs: 1, attempts: 3 };
      return { partition: 0, ...deadLetterRecord({ record: { ...record, headers: own }, ...about }) };
    };
    await producer.sendBatch(dlq, [
      letter(11),
      letter(12, { "redrive.count": "3" }),
      { partition: 0, value: "stray" },
    ]);
    const listed = JSON.parse((await run("dlq", "ls", "--json")).stdout);
    expect(listed.counts).toContainEqual(
      expect.objectContaining({ topic: dlq, group: "readers", errorClass: "MalformedEventError", count: 2 }),
    );
    const shown = await run("dlq", "show", topic);
    expect(shown.stdout).toContain(`${topic}/1@11`);
    expect(shown.stderr).toBe(`3 of 3 in ${dlq}\n`);

    const dry = await run("dlq", "redrive", topic);
    expect(dry.stderr).toContain("dry run");
    const done = await run("dlq", "redrive", topic, "--execute", "--json");
    expect(JSON.parse(done.stdout)).toEqual({
      ...{ topic: dlq, executed: true, sent: 1 },
      left: [
        { place: `${dlq}/0@1`, why: "sent back 3 times, and came again" },
        { place: `${dlq}/0@2`, why: "its headers don't say where it comes from" },
      ],
    });
    expect(JSON.parse((await run("dlq", "redrive", topic, "--execute", "--json")).stdout)).toMatchObject({
      sent: 0,
    });
    const back = await run("topics", "tail", topic, "--from", "earliest", "--once", "--key", "k", "--json");
    expect(JSON.parse(back.stdout)).toMatchObject({ value: 11, headers: [["redrive.count", "1"]] });

    expect(await run("dlq", "show", `${topic}x`)).toMatchObject({ exitCode: 1, stdout: "" });
  });

  test("topics: listed, and described with first and end offsets", async () => {
    const { run, topic } = await createLog(cluster());
    const [listed, described, json] = await Promise.all([
      run("topics", "ls"),
      run("topics", "describe", topic),
      run("topics", "describe", topic, "--json"),
    ]);
    expect([listed, described, json].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(words(listed.stdout)).toContainEqual([topic, "3", "1", "-"]);
    expect(words(described.stdout).slice(0, 4)).toEqual([
      ["PARTITION", "LEADER", "REPLICAS", "IN-SYNC", "FIRST", "END", "SHARE", "RECORDS/S"],
      ...RECORDS.map((end, partition) => {
        // The embedded cluster finds no offset by its time.
        const rate = cluster().kind === "embedded" ? "-" : "0.1";
        return [`${partition}`, "1", "1", "1", "0", `${end}`, ["46.7%", "33.3%", "20.0%"][partition]!, rate];
      }),
    ]);
    expect(described.stderr).toContain(
      "The newest 15 records: 1 to 1 bytes, 1 on average; 0 different keys, 15 without",
    );
    expect(JSON.parse(json.stdout)).toMatchObject({ topic, internal: false });
  });

  test("topics describe shows hot keys, of the newest records only", async () => {
    const { run, topic, brokers } = await createLog(cluster());
    await using producer = createProducer({ brokers, onLog: () => undefined });
    const keyed = (key: string, partition: number, count: number) =>
      Array.from({ length: count }, () => ({ key, partition, value: "x".repeat(9) }));
    await producer.sendBatch(topic, [
      ...keyed("hot", 1, 60),
      ...keyed("warm", 0, 30),
      ...keyed("warm", 2, 10),
    ]);
    const describe = async (...args: string[]) =>
      JSON.parse((await run("topics", "describe", topic, "--json", ...args)).stdout).traffic;
    expect(await describe()).toEqual({
      sampled: 115,
      bytes: { least: 1, mean: 11, most: 13 },
      keys: {
        ...{ distinct: 2, without: 15 },
        top: [
          { key: "hot", records: 60, share: 60 / 115, partitions: [1] },
          { key: "warm", records: 40, share: 40 / 115, partitions: [0, 2] },
        ],
      },
    });
    expect(await describe("--sample", "30")).toMatchObject({
      sampled: 30,
      bytes: { least: 12 },
      keys: { without: 0 },
    });
    expect(await describe("--sample", "0")).toBeNull();
  });

  test("a group or a topic that does not exist: one line, exit code 1, nothing written", async () => {
    const { run, topic, groupId, committed } = await createLog(cluster(), [1, 1, 1]);
    const reset = (group: string, ...args: string[]) =>
      run("offsets", "reset", group, "--to", "latest", "--execute", ...args);
    const answers = await Promise.all([
      run("lag", `${groupId}x`),
      reset(`${groupId}x`),
      reset(groupId, "--topic", topic, "--topic", `${topic}x`),
      run("topics", "describe", `${topic}x`),
    ]);
    for (const { exitCode, stdout, stderr } of answers) {
      expect([exitCode, stdout]).toEqual([1, ""]);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    }
    expect(answers[3]!.stderr).toStartWith(`There is no topic "${topic}x" at `);
    expect(answers[3]!.stderr).toContain("did you mean ");
    expect(await committed()).toEqual([1, 1, 1]);
  });
});

onCluster("apache", "orders", (cluster) => {
  test("lag and members are those of Kafka's own tool; an active group is refused, its members named", async () => {
    const log = await createLog(cluster());
    await using consumer = await readAll(cluster(), log);
    const { run, topic, groupId, committed } = log;
    await using producer = createProducer({ brokers: log.brokers, onLog: () => undefined });
    await producer.sendBatch(
      topic,
      [0, 0, 2].map((partition) => ({ partition, value: "more" })),
    );

    const [ours, theirs] = await Promise.all([
      run("lag", groupId, "--json"),
      describeGroup(log.brokers, groupId),
    ]);
    const [group] = JSON.parse(ours.stdout).groups;
    expect(group).toMatchObject({ state: "Stable", lag: 3 });
    expect(theirs.map(({ lag }) => lag)).toEqual([2, 0, 1]);
    expect(group.partitions).toEqual(
      theirs.map(({ topic, partition, currentOffset, logEndOffset, lag, consumerId, host, clientId }) => ({
        ...{ topic, partition, committed: currentOffset, end: logEndOffset, lag },
        ...{ memberId: consumerId, host, clientId, rate: null, caughtUpMs: null },
        ...{ ageMs: expect.any(Number), state: "OK" },
      })),
    );

    const refusals = await Promise.all([
      run("offsets", "reset", groupId, "--to", "earliest"),
      run("offsets", "reset", groupId, "--to", "earliest", "--execute", "--json"),
    ]);
    for (const { exitCode, stderr } of refusals) {
      expect(exitCode).toBe(4);
      expect(stderr).toStartWith(`Refused, and nothing was changed: ${groupId} is active.`);
      expect(words(stderr)).toContainEqual([
        theirs[0]!.consumerId!,
        "reader",
        theirs[0]!.host!,
        `${topic}/0,1,2`,
      ]);
    }
    expect(JSON.parse(refusals[1]!.stdout)).toMatchObject({
      executed: false,
      members: [{ clientId: "reader" }],
    });
    expect(await committed()).toEqual(RECORDS);
    expect(consumer.assignment()).toHaveLength(3);
  });

  test("a reset comes to what Kafka's own tool comes to, and its tool sees it", async () => {
    const log = await createLog(cluster());
    await (await readAll(cluster(), log)).close();
    const { run, topic, groupId, brokers } = log;
    await using admin = createAdmin({ brokers });
    await admin.deleteRecords([{ topic, partition: 0, offset: 4 }]);
    const tool = (...args: string[]) =>
      kafkaConsumerGroups(brokers, [
        "--group",
        groupId,
        "--reset-offsets",
        "--topic",
        topic,
        "--dry-run",
        ...args,
      ]);

    const [ours, theirs] = await Promise.all([
      run("offsets", "reset", groupId, "--to", "earliest", "--json"),
      tool("--to-earliest"),
    ]);
    const planned = JSON.parse(ours.stdout).partitions as { partition: number; new: number }[];
    expect(planned.map((offset) => offset.new)).toEqual([4, 0, 0]);
    const theirPlan = words(theirs.stdout).filter(([group]) => group === groupId);
    expect(theirPlan.map(([, , partition, offset]) => [partition, offset]).sort()).toEqual(
      planned.map((offset) => [`${offset.partition}`, `${offset.new}`]),
    );

    expect((await run("offsets", "reset", groupId, "--to", "earliest", "--execute")).exitCode).toBe(0);
    const [seen, lag] = await Promise.all([describeGroup(brokers, groupId), run("lag", groupId, "--json")]);
    expect(seen.map(({ currentOffset, lag }) => [currentOffset, lag])).toEqual([
      [4, 3],
      [0, 5],
      [0, 3],
    ]);
    expect(JSON.parse(lag.stdout)).toMatchObject({ lag: 11, groups: [{ state: "Empty", members: [] }] });
  });

  test("topics create, and a sample from all over it", async () => {
    const { run, topic, brokers } = await createLog(cluster());
    const made = await run("topics", "create", `${topic}-made`, "--partitions", "2", "--json");
    expect([made.exitCode, JSON.parse(made.stdout)]).toEqual([
      0,
      { topic: `${topic}-made`, partitions: 2, replicationFactor: 1, config: {} },
    ]);
    expect(await run("topics", "sample", `${topic}-made`)).toMatchObject({
      ...{ exitCode: 1, stdout: "", stderr: expect.stringContaining("There is no record to show") },
    });
    await using producer = createProducer({ brokers, onLog: () => undefined });
    const records = Array.from({ length: 1_000 }, (_, i) => ({
      key: `k${i % 7}`,
      value: `${i}`,
      partition: i % 2,
    }));
    await producer.sendBatch(`${topic}-made`, records);
    const { summary, records: sampled } = JSON.parse(
      (await run("topics", "sample", `${topic}-made`, "--count", "10", "--json")).stdout,
    );
    expect(sampled).toHaveLength(10);
    expect(
      sampled.map(({ partition, offset }: { partition: number; offset: number }) => [partition, offset]),
    ).toEqual([0, 1].flatMap((partition) => [50, 150, 250, 350, 450].map((offset) => [partition, offset])));
    expect(summary).toMatchObject({
      encodings: { json: 10 },
      withoutKey: 0,
      bytes: { least: 5, mean: 5, most: 5 },
    });
  });

  test("dead letters from before a time are purged, and no others; doctor says what is there", async () => {
    const { run, topic, brokers } = await createLog(cluster());
    const dlq = `${topic}.dlq`;
    await run("topics", "create", dlq, "--partitions", "1");
    await using producer = createProducer({ brokers, onLog: () => undefined });
    const now = Date.now();
    const old = { value: "old", timestamp: now - 86_400_000 };
    await producer.sendBatch(dlq, [old, old, { value: "new", timestamp: now }]);
    const dry = await run("dlq", "purge", dlq, "--before", "1h", "--json");
    expect(JSON.parse(dry.stdout)).toMatchObject({ executed: false, letters: 2 });
    expect(await run("dlq", "purge", dlq, "--before", "1h", "--execute")).toMatchObject({ exitCode: 0 });
    const left = await run("topics", "tail", dlq, "--from", "earliest", "--once", "--json");
    expect(JSON.parse(left.stdout)).toMatchObject({ value: "new" });

    const { exitCode, stdout } = await run("doctor", "--json");
    const { ok, findings } = JSON.parse(stdout) as {
      ok: boolean;
      findings: { check: string; state: string }[];
    };
    expect(findings.slice(0, 3)).toMatchObject([
      { check: "library", state: "ok" },
      { check: "brokers", state: "ok" },
      { check: "kind", state: "note", found: "Apache Kafka with one broker" },
    ]);
    expect(exitCode).toBe(ok ? 0 : 1);
    expect(ok).toBe(findings.every(({ state }) => state !== "failed"));
  });

  test("groups are those of Kafka's own tool: listed, described, and deleted once nobody reads", async () => {
    const log = await createLog(cluster(), [2, 2, 2]);
    const listed = JSON.parse((await log.run("groups", "ls", "--json")).stdout) as {
      groups: { group: string; state: string; members: number }[];
    };
    const { stdout } = await kafkaConsumerGroups(log.brokers, ["--list"]);
    expect(listed.groups.map(({ group }) => group)).toEqual(stdout.trim().split("\n").filter(Boolean).sort());
    expect(listed.groups).toContainEqual(
      expect.objectContaining({ group: log.groupId, state: "Empty", members: 0 }),
    );
    const described = await log.run("groups", "describe", log.groupId);
    expect([described.exitCode, described.stderr]).toEqual([
      0,
      `${log.groupId}: Empty, nobody reads for it\n`,
    ]);
    const dry = await log.run("groups", "delete", log.groupId);
    expect([dry.exitCode, dry.stderr]).toEqual([0, expect.stringContaining("dry run")]);
    expect(await log.committed()).toEqual([2, 2, 2]);
    expect((await log.run("groups", "delete", log.groupId, "--execute")).exitCode).toBe(0);
    expect((await log.run("groups", "describe", log.groupId)).exitCode).toBe(1);
    expect((await kafkaConsumerGroups(log.brokers, ["--list"])).stdout).not.toContain(log.groupId);
  });

  test("a reset by offset, by shift and by time", async () => {
    const log = await createLog(cluster(), [4, 4, 3]);
    const reset = async (to: string) => {
      const { exitCode, stderr } = await log.run("offsets", "reset", log.groupId, "--to", to, "--execute");
      return { exitCode, stderr, committed: await log.committed() };
    };
    expect(await reset("2")).toMatchObject({ exitCode: 0, committed: [2, 2, 2] });
    const shifted = await reset("+2");
    expect(shifted).toMatchObject({ exitCode: 0, committed: [4, 4, 3] });
    expect(shifted.stderr).toContain(`moved to the nearer end: ${log.topic}/2`);
    expect(await reset("1h")).toMatchObject({ exitCode: 0, committed: [0, 0, 0] });
    expect(await reset("2999-01-01")).toMatchObject({ exitCode: 0, committed: RECORDS });
  });

  test("a reset that is killed, at whatever moment, leaves the old offsets or the new ones", async () => {
    const { groupId, brokers, committed } = await createLog(cluster(), RECORDS);
    const reset = ["offsets", "reset", groupId, "--execute", "--brokers", brokers];
    const seen = new Set<string>();
    for (let delayMs = 60; delayMs <= 900; delayMs += 60) {
      // To the other end than where it stands.
      const [to, becomes] = (await committed())[0] === 0 ? ["latest", RECORDS] : ["earliest", [0, 0, 0]];
      const before = await committed();
      const resetting = spawnOrders([...reset, "--to", to as string], { folder });
      await Bun.sleep(delayMs);
      resetting.kill("SIGKILL");
      await resetting.exited;
      const after = await committed();
      expect([before, becomes]).toContainEqual(after);
      seen.add(after.join() === before.join() ? "old" : "new");
    }
    // Some were killed early enough, and some not.
    expect([...seen].sort()).toEqual(["new", "old"]);
  });

  test("topics describe has the settings that are not defaults", async () => {
    const { brokers, run, topic } = await createLog(cluster());
    await using admin = createAdmin({ brokers });
    await admin.alterConfigs([{ type: "topic", name: topic, set: { "retention.ms": "120000" } }]);
    const [table, json] = await Promise.all([
      run("topics", "describe", topic),
      run("topics", "describe", topic, "--json"),
    ]);
    const { config } = JSON.parse(json.stdout);
    expect(config).toMatchObject({ "retention.ms": "120000" });
    expect(config["cleanup.policy"]).toBeUndefined();
    expect(words(table.stdout)).toContainEqual(["retention.ms", "120000"]);
  });
});

// It can't describe groups, and takes the offsets of one that has had members from a member only.
onCluster("embedded", "orders", (cluster) => {
  test("an active group is refused by the broker's answer, with and without joining it", async () => {
    const log = await createLog(cluster());
    await using consumer = await readAll(cluster(), log);
    const reset = ["offsets", "reset", log.groupId, "--to", "earliest", "--execute"];
    const refused = await log.run(...reset);
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toContain(
      "can't say whether anybody is in it. If all its consumers are stopped, add --join.",
    );
    const joined = await log.run(...reset, "--join");
    expect(joined.exitCode).toBe(4);
    expect(joined.stderr).toContain("Others are in it");
    expect(await log.committed()).toEqual(RECORDS);
    await until("the consumer has all partitions again", () => consumer.assignment().length === 3, {
      deadlineMs: 40_000,
    });
    // On a busy machine the embedded cluster's rebalance may not come to an end: then the command gives up after a minute, with the same answer.
  }, 120_000);

  test("once its consumers have left, the offsets are written by joining", async () => {
    const log = await createLog(cluster());
    await (await readAll(cluster(), log)).close();
    const reset = ["offsets", "reset", log.groupId, "--to", "earliest", "--execute"];
    expect((await log.run(...reset)).exitCode).toBe(4);
    expect(await log.run(...reset, "--join")).toMatchObject({ exitCode: 0 });
    expect(await log.committed()).toEqual([0, 0, 0]);
    expect((await log.run(...reset.slice(0, -1), "--join")).exitCode).toBe(2);
  });
});

test("no broker: one line with the reason, exit code 3, within seconds", async () => {
  const answers = await withoutBroker;
  for (const { exitCode, stdout, stderr, elapsedMs } of answers) {
    expect([exitCode, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(/^Kafka at \S+ does not answer: .+\n$/);
    expect(elapsedMs).toBeLessThan(10_000); // 4 s, and what a busy machine takes to start three processes
  }
  expect(answers[0]!.stderr).toContain(`Connect to ${nobody} failed: Connection refused.`);
  expect(answers[2]!.stderr).toContain("Failed to resolve 'nowhere.invalid:9092'");
});

test("bad usage: exit code 2 before anything is asked of Kafka", async () => {
  const answers = await Promise.all([
    orders(["lga"]),
    orders(["lag", "--jsno"]),
    orders(["lag"], { KAFKA_BROKER: "no-port" }),
  ]);
  expect(answers.map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual(answers.map(() => [2, ""]));
  expect(answers.map(({ stderr }) => stderr.split("\n")[0])).toEqual([
    'there is no command "lga"; did you mean lag?',
    "there is no option --jsno; did you mean --json?",
    'KAFKA_BROKER="no-port": expected host:port, or several separated by commas (without it: 127.0.0.1:9092)',
  ]);
  const help = await orders(["offsets", "reset", "--help"]);
  expect(help).toMatchObject({ exitCode: 0, stderr: "" });
  expect(help.stdout).toContain("Examples:");
});
