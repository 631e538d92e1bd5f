/**
 * Schemathesis on the producer's own OpenAPI document, where the `schemathesis` command is installed (pip install
 * schemathesis): no answer that is not documented, no 5xx, no bad input that is accepted. A short run by default;
 * `SCHEMATHESIS_EXAMPLES=5000` makes more than ten thousand cases of it.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TOPICS } from "@campus/events";
import { createCluster } from "@campus/kafka/testing";
import { createServiceProcess } from "./support/service-process.ts";

const EXAMPLES = Number(process.env.SCHEMATHESIS_EXAMPLES ?? 300);
const command = Bun.which("schemathesis");
if (command === null && process.env.CI)
  throw new Error("schemathesis is needed here: pip install schemathesis");

setDefaultTimeout(60_000 + EXAMPLES * 200);

test.skipIf(command === null)("every answer is a documented one", async () => {
  using cluster = createCluster({ topics: Object.fromEntries(TOPICS.map(({ topic }) => [topic, 3])) });
  const producer = createServiceProcess({
    name: "producer",
    environment: { KAFKA_BROKER: cluster.brokers, PORT: "0" },
  });
  const folder = await mkdtemp(join(tmpdir(), "schemathesis-"));
  await producer.start();
  try {
    const { url } = (await producer.said("listening")) as unknown as { url: string };
    const run = async (path: string, examples: number) => {
      const child = Bun.spawn(
        [
          command as string,
          "run",
          `${url}/openapi.json`,
          "--no-color",
          "--phases",
          "examples,coverage,fuzzing",
        ].concat(
          ["--include-path", path, "--max-examples", String(examples), "--seed", "7"],
          ["--generation-database", "none"],
          // A key that comes again with another order is refused, which no schema can say.
          ["--exclude-checks", "positive_data_acceptance"],
        ),
        // It keeps a folder of its own where it runs.
        { stdout: "pipe", stderr: "pipe", cwd: folder },
      );
      const said = (await child.stdout.text()) + (await child.stderr.text());
      return { path, exitCode: await child.exited, said };
    };
    let cases = 0;
    for (const [path, examples] of [
      ["/order", EXAMPLES],
      ["/orders/batch", EXAMPLES],
      ["/health", 10],
      // Each order that nobody knows is waited for half a second.
      ["/orders/{id}", 10],
    ] as const) {
      const { exitCode, said } = await run(path, examples);
      expect({ path, exitCode, said: exitCode === 0 ? "" : said }).toEqual({ path, exitCode: 0, said: "" });
      cases += Number(/(\d+) generated/.exec(said)?.[1]);
    }
    console.log(`${cases} cases`);
    expect(cases).toBeGreaterThan(EXAMPLES);
    expect(producer.lines.filter(({ level }) => level === "error" || level === "fatal")).toEqual([]);
  } finally {
    await producer.stop();
    await rm(folder, { recursive: true });
  }
});
