import { expect, test } from "bun:test";
import { EMBEDDED_NOTICE, startEmbedded } from "./embedded.ts";
import { probeMetadata } from "./metadata-probe.ts";

const quiet = { announce: () => {} };

test("it answers as a broker, and says what it is", async () => {
  const said: string[] = [];
  await using cluster = await startEmbedded({
    topics: { orders: 3 },
    announce: (notice) => said.push(notice),
  });
  expect(cluster.kind).toBe("embedded");
  expect(cluster.brokers).toMatch(/^127\.0\.0\.1:\d+$/);
  const view = await probeMetadata(Number(cluster.brokers.split(":")[1]), 2_000);
  expect(view.brokers).toHaveLength(1);
  expect(said).toEqual([EMBEDDED_NOTICE]);
  expect(EMBEDDED_NOTICE).toContain("in memory");
  expect(EMBEDDED_NOTICE).toContain("5 MB and 100,000 records a partition");
});

test("stopped, it no longer answers; a second stop is harmless", async () => {
  const cluster = await startEmbedded(quiet);
  await cluster.stop();
  await cluster.stop();
  await expect(probeMetadata(Number(cluster.brokers.split(":")[1]), 500)).rejects.toThrow();
});

test("topics a real broker would refuse are refused", async () => {
  await expect(startEmbedded({ ...quiet, topics: { "a b": 1 } })).rejects.toThrow('"a b" can\'t be');
  await expect(startEmbedded({ ...quiet, topics: { orders: 0 } })).rejects.toThrow("0 partitions");
  await using cluster = await startEmbedded(quiet);
  expect(() => cluster.createTopic("..", 1)).toThrow('".." can\'t be');
  cluster.createTopic("more", 2);
});
