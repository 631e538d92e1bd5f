import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BrokerError } from "./error.ts";
import { type NodeAddress, renderProperties, serverProperties } from "./server-properties.ts";

const node = (id: number, listenerPorts: Record<string, number> = {}): NodeAddress => ({
  id,
  port: 9091 + id,
  controllerPort: 19_091 + id,
  listenerPorts,
});

/** `java.util.Properties.load`, as its documentation has it, for files without continued lines. */
function readProperties(text: string): Record<string, string> {
  const decode = (raw: string): string =>
    raw.replace(/\\(u([0-9a-f]{4})|.)/gs, (_, char: string, hex: string | undefined) =>
      hex
        ? String.fromCharCode(Number.parseInt(hex, 16))
        : ({ n: "\n", r: "\r", t: "\t", f: "\f" }[char] ?? char),
    );
  const properties: Record<string, string> = {};
  for (const line of text.split(/\r\n|\n|\r/)) {
    const natural = line.replace(/^[ \t\f]+/, "");
    if (natural === "" || natural.startsWith("#") || natural.startsWith("!")) continue;
    const [, key, value] = /^((?:\\.|[^\\=: \t\f])*)(?:[ \t\f]*[=:][ \t\f]*|[ \t\f]+|$)(.*)$/s.exec(natural)!;
    properties[decode(key!)] = decode(value!);
  }
  return properties;
}

describe("serverProperties", () => {
  test("a single node keeps one copy of everything", () => {
    const properties = serverProperties({ nodes: [node(1)], nodeId: 1, logDir: "/data" });
    expect(properties).toMatchObject({
      "process.roles": "broker,controller",
      "node.id": 1,
      listeners: "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:19092",
      "advertised.listeners": "PLAINTEXT://127.0.0.1:9092",
      "controller.quorum.voters": "1@127.0.0.1:19092",
      "log.dirs": "/data",
      "auto.create.topics.enable": false,
      "group.initial.rebalance.delay.ms": 0,
      "offsets.topic.replication.factor": 1,
      "transaction.state.log.replication.factor": 1,
      "transaction.state.log.min.isr": 1,
      "min.insync.replicas": 1,
    });
  });

  test("three nodes keep three, and need two of them for a write", () => {
    const nodes = [node(1), node(2), node(3)];
    const properties = serverProperties({ nodes, nodeId: 2, logDir: "/data" });
    expect(properties).toMatchObject({
      "node.id": 2,
      listeners: "PLAINTEXT://127.0.0.1:9093,CONTROLLER://127.0.0.1:19093",
      "controller.quorum.voters": "1@127.0.0.1:19092,2@127.0.0.1:19093,3@127.0.0.1:19094",
      "default.replication.factor": 3,
      "min.insync.replicas": 2,
      "offsets.topic.replication.factor": 3,
      "transaction.state.log.replication.factor": 3,
      "transaction.state.log.min.isr": 2,
    });
  });

  test("an extra listener is bound to its own port and advertised with the proxy's", () => {
    const nodes = [node(1, { SECURE: 7001, PROXIED: 7002 })];
    const properties = serverProperties({
      ...{ nodes, nodeId: 1, logDir: "/data" },
      listeners: {
        SECURE: { protocol: "SASL_SSL" },
        PROXIED: { protocol: "PLAINTEXT", advertisedPorts: [8001] },
      },
    });
    expect(properties.listeners).toEndWith(",SECURE://127.0.0.1:7001,PROXIED://127.0.0.1:7002");
    expect(properties["advertised.listeners"]).toEndWith(",SECURE://127.0.0.1:7001,PROXIED://127.0.0.1:8001");
    expect(properties["listener.security.protocol.map"]).toEndWith(",SECURE:SASL_SSL,PROXIED:PLAINTEXT");
  });

  test("given properties win, but not over what the cluster is made of", () => {
    const base = { nodes: [node(1)], nodeId: 1, logDir: "/data" };
    expect(
      serverProperties({ ...base, properties: { "min.insync.replicas": 7 } })["min.insync.replicas"],
    ).toBe(7);
    expect(() => serverProperties({ ...base, properties: { listeners: "X" } })).toThrow(
      /properties\["listeners"\]/,
    );
    expect(() => serverProperties({ ...base, properties: { "node.id": 4 } })).toThrow(BrokerError);
  });

  test("a listener that can't be is refused by name", () => {
    const base = { nodes: [node(1)], nodeId: 1, logDir: "/data" };
    expect(() => serverProperties({ ...base, listeners: { CONTROLLER: { protocol: "SSL" } } })).toThrow(
      /"CONTROLLER"/,
    );
    expect(() => serverProperties({ ...base, listeners: { "a b": { protocol: "SSL" } } })).toThrow(/"a b"/);
    const proxied = { X: { protocol: "SSL", advertisedPorts: [1, 2] } } as const;
    expect(() => serverProperties({ ...base, listeners: proxied })).toThrow(/2 ports for 1 nodes/);
  });
});

describe("renderProperties", () => {
  test("one setting a line", () => {
    expect(renderProperties({ "node.id": 1, "auto.create.topics.enable": false, "log.dirs": "/a b" })).toBe(
      "node.id=1\nauto.create.topics.enable=false\nlog.dirs=/a b\n",
    );
  });

  test("Java reads back what was written, whatever it is", () => {
    const text = fc.string({ unit: "binary", maxLength: 20 });
    const awkward = fc.stringMatching(/^[ \\:=#!\n\r\t\fa-z]{0,12}$/);
    const key = fc.oneof(text, awkward).filter((name) => name !== "" && name !== "__proto__");
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(text, awkward), { noNullPrototype: true }), (properties) => {
        expect(readProperties(renderProperties(properties))).toEqual(properties);
      }),
    );
  });
});
