import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { COMMON_PREFIXES, commonSettings } from "./common-settings.ts";
import { integer, secret } from "./setting.ts";
import { type Environment, readSettings, SettingsError } from "./settings.ts";
import { settingsHelp, settingsMarkdown } from "./settings-document.ts";

const table = {
  ...commonSettings({ managementPort: 9201 }),
  port: integer("PORT", { default: 8201, min: 0, max: 65_535, description: "Where orders come in" }),
  maxInFlight: integer("PRODUCER_MAX_IN_FLIGHT", {
    default: 10,
    min: 1,
    max: 100,
    description: "Bound | on orders",
  }),
  password: secret("PRODUCER_PASSWORD", { description: "The password" }),
};
const ownedPrefixes = [...COMMON_PREFIXES, "PRODUCER_"];

function read(environment: Environment) {
  return readSettings(table, { environment, ownedPrefixes });
}

function faultsOf(environment: Environment): readonly string[] {
  try {
    read(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as SettingsError).faults;
  }
  return [];
}

test("without variables, the defaults, frozen", () => {
  const settings = read({});
  expect(settings).toMatchObject({
    brokers: ["127.0.0.1:9092"],
    replication: 1,
    codec: "json",
    logLevel: "info",
    logFormat: "pretty",
    managementPort: undefined,
    port: 8201,
    password: undefined,
  });
  expect(Object.isFrozen(settings)).toBe(true);
  expect(Object.isFrozen(settings.brokers)).toBe(true);
});

test("what is given is read, spaces around it and empty variables aside", () => {
  expect(
    read({ PORT: " 0 ", EVENT_CODEC: "", MANAGEMENT_PORT: "9999", KAFKA_BROKER: "a:1,b:2" }),
  ).toMatchObject({
    port: 0,
    codec: "json",
    managementPort: 9999,
    brokers: ["a:1", "b:2"],
  });
});

test("every fault is listed, a line each, naming its variable", () => {
  expect(faultsOf({ PORT: "abc", KAFKA_BROKER: "nowhere", KAFKA_REPLICATON: "3" })).toEqual([
    'KAFKA_BROKER="nowhere": expected host:port, or several separated by commas (without it: 127.0.0.1:9092)',
    'PORT="abc": expected a whole number from 0 to 65535 (without it: 8201)',
    "KAFKA_REPLICATON: there is no such setting; did you mean KAFKA_REPLICATION?",
  ]);
});

test("a secret is not shown", () => {
  const [fault] = faultsOf({ PRODUCER_PASSWORD: "hun\nter2" });
  expect(fault).toStartWith("PRODUCER_PASSWORD: expected");
  expect(fault).not.toContain("hun");
});

describe("variables nobody reads", () => {
  test("with a prefix of ours: refused with the nearest name, or with those there are", () => {
    expect(faultsOf({ PRODUCER_MAX_INFLIGHT: "5" })).toEqual([
      "PRODUCER_MAX_INFLIGHT: there is no such setting; did you mean PRODUCER_MAX_IN_FLIGHT?",
    ]);
    expect(faultsOf({ LOG_SOMETHING_ELSE_ENTIRELY: "5" })).toEqual([
      "LOG_SOMETHING_ELSE_ENTIRELY: there is no such setting; those with this prefix are LOG_LEVEL, LOG_FORMAT",
    ]);
  });

  test.each([
    ["PATH", "/bin"],
    ["INVENTORY_ANYTHING", "1"],
    ["KAFKA_HOME", "/opt/kafka"],
    ["KAFKA_OPTS", "-Dx"],
    ["KAFKA_HEAP_OPTS", "-Xmx1g"],
    ["KAFKA_LOG4J_OPTS", "-Dx"],
    ["KAFKA_JVM_PERFORMANCE_OPTS", "-server"],
    ["KAFKA_JMX_PORT", "9999"],
    ["KAFKA_GC_LOG_OPTS", "-Xlog"],
    ["KAFKA_SERVICE_HOST", "10.0.0.1"],
    ["KAFKA_PORT", "tcp://10.0.0.1:9092"],
    ["PRODUCER_PORT_8201_TCP_ADDR", "10.0.0.1"],
  ])("%s of somebody else is let through", (name, value) => {
    expect(faultsOf({ [name]: value })).toEqual([]);
  });

  test("a port that Kubernetes would not have set is a mistake", () => {
    expect(faultsOf({ KAFKA_PORT: "my-port" })).toHaveLength(1);
  });
});

test("any environment gives settings, or faults of one printable line each", () => {
  const name = fc.oneof(fc.constantFrom(...Object.values(table).map((setting) => setting.name)), fc.string());
  fc.assert(
    fc.property(fc.dictionary(name, fc.string({ unit: "binary" })), (environment) => {
      for (const fault of faultsOf(environment)) expect(fault).toMatch(/^[^\p{Cc}]+$/u);
    }),
    { numRuns: 2000 },
  );
});

test("the documentation names every variable with its default, and breaks no table", () => {
  const markdown = settingsMarkdown(table);
  const help = settingsHelp(table);
  for (const setting of Object.values(table)) {
    expect(markdown).toContain(`| \`${setting.name}\` |`);
    expect(help).toContain(setting.name);
  }
  expect(markdown).toContain("Bound \\| on orders");
  expect(markdown.split("\n")).toHaveLength(Object.keys(table).length + 2);
});
