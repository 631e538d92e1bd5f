/** `orders dlq`: dead letters counted, shown, sent back and purged; and what the doctor says of all there is. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { deadLetterRecord } from "@campus/events";
import { createProducer } from "@campus/kafka";
import { onCluster, onEachCluster } from "./support/clusters.ts";
import { useOrders } from "./support/orders-log.ts";

setDefaultTimeout(30_000);

const { createLog } = useOrders();

onEachCluster("orders dlq", (cluster) => {
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
});

onCluster("apache", "orders dlq", (cluster) => {
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
});
