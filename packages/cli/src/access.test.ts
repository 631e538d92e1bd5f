import { expect, test } from "bun:test";
import { readAccess } from "./access.ts";
import { UsageError } from "./exit-code.ts";

const readBrokers = (...given: Parameters<typeof readAccess>) => readAccess(...given).brokers;

test("the option wins over the variable, and that over the default", () => {
  expect(readBrokers("a:1, b:2", { KAFKA_BROKER: "c:3" })).toBe("a:1,b:2");
  expect(readBrokers(undefined, { KAFKA_BROKER: "c:3" })).toBe("c:3");
  expect(readBrokers(undefined, { KAFKA_BROKER: "" })).toBe("127.0.0.1:9092");
});

test("settings of the services in the same environment are not looked at", () => {
  expect(readBrokers(undefined, { KAFKA_REPLICATON: "3", LOG_LEVEL: "loud" })).toBe("127.0.0.1:9092");
});

test("what is no address is refused, naming where it stands", () => {
  expect(() => readBrokers("kafka", {})).toThrow(UsageError);
  expect(() => readBrokers("kafka", {})).toThrow('--brokers is "kafka": it takes host:port');
  expect(() => readBrokers(undefined, { KAFKA_BROKER: "kafka:0" })).toThrow(
    'KAFKA_BROKER="kafka:0": expected host:port',
  );
});

test("the connection is secured by the services' settings", () => {
  const environment = {
    KAFKA_SECURITY_PROTOCOL: "SASL_SSL",
    KAFKA_SASL_USERNAME: "operator",
    KAFKA_SASL_PASSWORD: "s3cret",
  };
  expect(readAccess("a:1", environment)).toEqual({
    brokers: "a:1",
    tls: {},
    sasl: { mechanism: "SCRAM-SHA-512", username: "operator", password: "s3cret" },
  });
  const forgotten = { ...environment, KAFKA_SASL_USERNAME: "" };
  expect(() => readAccess("a:1", forgotten)).toThrow(
    "KAFKA_SECURITY_PROTOCOL=SASL_SSL needs KAFKA_SASL_USERNAME",
  );
});
