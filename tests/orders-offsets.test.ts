/** `orders lag`, `orders groups` and `orders offsets`, beside Kafka's own tools where that is real. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describeGroup, kafkaConsumerGroups } from "@campus/broker";
import { createAdmin, createProducer } from "@campus/kafka";
import { onCluster, onEachCluster } from "./support/clusters.ts";
import { spawnOrders } from "./support/orders-command.ts";
import { RECORDS, readAll, useOrders, words } from "./support/orders-log.ts";
import { until } from "./support/until.ts";

setDefaultTimeout(30_000);

const { folder, createLog } = useOrders();

onEachCluster("orders lag, groups and offsets", (cluster) => {
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

onCluster("apache", "orders lag, groups and offsets", (cluster) => {
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
});

// It can't describe groups, and takes the offsets of one that has had members from a member only.
onCluster("embedded", "orders lag, groups and offsets", (cluster) => {
  test("an active group is refused by the broker's answer, with and without joining it", async () => {
    const log = await createLog(cluster());
    await using _reader = await readAll(cluster(), log);
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
    // Its consumer rejoins by itself, but when is up to the embedded cluster, whose rebalance may not come to an end on a busy machine: then the
    // command gives up after a minute, too, with the same answer.
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
