/** Members of a group that come, go and stay, on real Kafka: who has partitions, who has left, and how soon. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Batch, createAdmin, createConsumer } from "@campus/kafka";
import { onCluster } from "./support/clusters.ts";
import { consumerOf, numbered, producerOf } from "./support/kafka-clients.ts";
import { until } from "./support/until.ts";

setDefaultTimeout(30_000);

onCluster("apache", "kafka groups", (cluster) => {
  test("the broker-side group protocol (KIP-848): two members share, one leaves, nothing is lost", async () => {
    const topic = await cluster().createTopic();
    await using producer = producerOf(cluster());
    const member = () =>
      createConsumer({
        brokers: cluster().brokers,
        groupId: `group-of-${topic}`,
        topics: [topic],
        autoOffsetReset: "earliest",
        groupProtocol: "consumer",
        onLog: () => undefined,
      });
    const seen = new Set<string>();
    const collect = async (batch: Batch) => {
      for (const record of batch) seen.add(record.text()!);
      await batch.commit();
    };
    await using first = member();
    const second = member();
    const running = [first.run(collect, { concurrency: 3 }), second.run(collect, { concurrency: 3 })];
    await until(
      "both have partitions",
      () => first.assignment().length > 0 && second.assignment().length > 0,
    );
    await producer.sendBatch(topic, numbered(1_000));
    await until("all is read", () => seen.size === 1_000);
    await second.close();
    await until("the first has all partitions", () => first.assignment().length === 3);
    await producer.sendBatch(
      topic,
      Array.from({ length: 500 }, (_, i) => ({ key: `n${i}`, value: `n${i}` })),
    );
    await until("the rest is read", () => seen.size === 1_500);
    await first.close();
    await Promise.all(running);
  });

  test("members replaced faster than their group settles: all is read within seconds", async () => {
    const partitions = 6;
    const topic = await cluster().createTopic({ partitions });
    await using producer = producerOf(cluster());
    const seen = new Set<string>();
    const member = () => {
      const consumer = consumerOf(cluster(), topic, { sessionTimeoutMs: 45_000 });
      const running = consumer.run(async (batch) => {
        for (const { offset } of batch) seen.add(`${batch.partition}/${offset}`);
        await batch.commit().catch(() => undefined); // of a partition that went away meanwhile: another reads it again
      });
      return { consumer, running };
    };
    const members = [member(), member(), member(), member()];
    const haveShares = () => members.every(({ consumer }) => consumer.assignment().length > 0);
    await until("all have a share", haveShares, { deadlineMs: 40_000 });
    let sent = 0;
    for (let round = 0; round < 8; round++) {
      const records = Array.from({ length: 600 }, (_, i) => ({ partition: i % partitions, value: "x" }));
      sent += (await producer.sendBatch(topic, records)).length;
      // The oldest, or the one that came last and may hold nothing yet.
      const leaving = round % 2 === 0 ? members.shift()! : members.pop()!;
      const from = performance.now();
      await leaving.consumer.close();
      // Amid a rebalance it waits for that to end, and members hear of a rebalance by a heartbeat, within three seconds.
      expect(performance.now() - from).toBeLessThan(7_000);
      members.push(member());
      await Bun.sleep(300);
    }
    await until("all is read", () => seen.size === sent, { deadlineMs: 20_000 });
    await Promise.all(members.map(({ consumer }) => consumer.close()));
    await Promise.all(members.map(({ running }) => running));
  }, 120_000);

  describe("a member that holds no partition", () => {
    /** A group of one partition: `first` has it, `spare` has none. Sessions last longer than the test. */
    async function groupWithSpare({
      /** Of the first. */
      heartbeatMs = 1_000,
      groupInstanceId = undefined as string | undefined,
    }) {
      const topic = await cluster().createTopic({ partitions: 1 });
      const admin = createAdmin({ brokers: cluster().brokers });
      const member = (clientId: string, options = {}) =>
        consumerOf(cluster(), topic, {
          ...{ clientId, sessionTimeoutMs: 45_000, librdkafka: { "heartbeat.interval.ms": 1_000 } },
          ...options,
        });
      const group = async () => (await admin.describeGroups([`group-of-${topic}`]))[0]!;
      const isStableWith = async (...clientIds: string[]) => {
        const { state, members } = await group();
        return (
          state === "Stable" &&
          members
            .map(({ clientId }) => clientId)
            .sort()
            .join() === clientIds.join()
        );
      };
      const first = member("first", { librdkafka: { "heartbeat.interval.ms": heartbeatMs } });
      await until("the first has the partition", () => first.assignment().length === 1);
      let spareState = "";
      const spare = member("spare", {
        ...{ groupInstanceId, statisticsIntervalMs: 100 },
        onStatistics: ({ cgrp }: { cgrp?: { join_state: string } }) => {
          spareState = cgrp?.join_state ?? "";
        },
      });
      await until("the spare is in the group", () => isStableWith("first", "spare"));
      return {
        ...{ member, group, isStableWith, spare, spareState: () => spareState },
        [Symbol.asyncDispose]: async () => {
          await Promise.all([first.close(), spare.close()]);
          await admin.close();
        },
      };
    }

    test("is out of the group when it is closed", async () => {
      await using group = await groupWithSpare({});
      await group.spare.close();
      await until("only the first is in it", () => group.isStableWith("first"), { deadlineMs: 15_000 });
    });

    test("closed amid a rebalance, it is out when that has ended", async () => {
      await using group = await groupWithSpare({ heartbeatMs: 4_000 });
      await using _third = group.member("third");
      await until("the group waits for the first", async () => {
        const { state, members } = await group.group();
        return state === "PreparingRebalance" && members.length === 3;
      });
      await until("the spare has joined again", () => group.spareState() === "wait-join");
      await group.spare.close();
      await until("the others are in it", () => group.isStableWith("first", "third"), { deadlineMs: 20_000 });
    });

    test("stays when it is a static one: it may come back (KIP-345)", async () => {
      await using group = await groupWithSpare({ groupInstanceId: "spare" });
      await group.spare.close();
      await Bun.sleep(1_500); // longer than the others took to go
      expect(await group.isStableWith("first", "spare")).toBe(true);
    });
  });

  test("a static member that restarts gets its partitions back without a rebalance", async () => {
    const topic = await cluster().createTopic();
    const revoked: number[] = [];
    await using other = consumerOf(cluster(), topic, {
      groupInstanceId: "other",
      onRevoked: (partitions: unknown[]) => {
        revoked.push(partitions.length);
      },
    });
    const restarting = () => consumerOf(cluster(), topic, { groupInstanceId: "restarting" });
    const before = restarting();
    await until("both share", () => before.assignment().length > 0 && other.assignment().length > 0);
    const share = before.assignment();
    const revocations = revoked.length;
    await before.close();
    await using after = restarting();
    await until("it is back", () => after.assignment().length > 0);
    expect(after.assignment()).toEqual(share);
    expect(revoked.length).toBe(revocations);
  });
});
