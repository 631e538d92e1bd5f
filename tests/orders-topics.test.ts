/** `orders topics`: listed, described, made, and read. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { createAdmin, createProducer } from "@campus/kafka";
import { onCluster, onEachCluster } from "./support/clusters.ts";
import { RECORDS, useOrders, words } from "./support/orders-log.ts";

setDefaultTimeout(30_000);

const { createLog } = useOrders();

onEachCluster("orders topics", (cluster) => {
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
});

onCluster("apache", "orders topics", (cluster) => {
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
