/** Settings that can't be followed, and a Kafka that is not there: what each service says, and how it ends. */
import { afterEach, describe, expect, test } from "bun:test";
import { createServiceProcess, type ServiceName, type ServiceProcess } from "./support/service-process.ts";

const processes: ServiceProcess[] = [];

afterEach(async () => {
  await Promise.all(processes.splice(0).map((service) => service.stop()));
});

function spawn(name: ServiceName, environment: Record<string, string>): ServiceProcess {
  const service = createServiceProcess({ name, environment: { PORT: "0", ...environment } });
  processes.push(service);
  service.spawn();
  return service;
}

describe("one line that names the variable, exit code 2", () => {
  test.each<[ServiceName, setting: string, said: string]>([
    ["producer", "PORT=abc", 'PORT="abc": expected a whole number'],
    [
      "producer",
      "PRODUCER_LINGR=5ms",
      "PRODUCER_LINGR: there is no such setting; did you mean PRODUCER_LINGER?",
    ],
    ["inventory", "INVENTORY_BATCH=5", "INVENTORY_BATCH: there is no such setting"],
    ["inventory", "KAFKA_BROKER=nowhere", 'KAFKA_BROKER="nowhere": expected host:port'],
    ["analytics", "ANALYTICS_INTERVAL=10", 'ANALYTICS_INTERVAL="10": expected a duration'],
    ["analytics", "KAFKA_SESSION_TIMEOUT=1m30s", 'KAFKA_SESSION_TIMEOUT="1m30s": expected a duration'],
  ])(
    "%s, %s",
    async (name, setting, said) => {
      const [variable, value] = setting.split("=") as [string, string];
      const service = spawn(name, { [variable]: value });
      expect((await service.exited()).exitCode).toBe(2);
      expect(service.lines).toHaveLength(1);
      expect(service.lines[0]!.message).toStartWith(said);
    },
    30_000,
  );
});

test("a Kafka that is not there is waited for, with a message, until told to stop", async () => {
  const check = async (service: ServiceProcess) => {
    const line = await service.said("waiting for Kafka at 127.0.0.1:1 (KAFKA_BROKER): ");
    expect(line.level).toBe("warning");
    const { exitCode, elapsedMs } = await service.terminate();
    expect(exitCode).toBe(0);
    expect(elapsedMs).toBeLessThan(10_000);
  };
  const names: readonly ServiceName[] = ["producer", "inventory", "analytics"];
  await Promise.all(names.map((name) => check(spawn(name, { KAFKA_BROKER: "127.0.0.1:1" }))));
}, 40_000);
