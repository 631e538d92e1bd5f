import { describe, expect, test } from "bun:test";
import { assignAddresses, portsOf } from "./addresses.ts";
import type { BrokerError } from "./error.ts";
import { freePorts, isPortFree, LOOPBACK } from "./ports.ts";

/** Takes a port for the time of a test. */
function take(port: number): Disposable {
  const listener = Bun.listen({ hostname: LOOPBACK, port, socket: { data() {} } });
  return { [Symbol.dispose]: () => listener.stop(true) };
}

describe("freePorts", () => {
  test("are different, free, and below the ports of outgoing connections", () => {
    const ports = freePorts(50);
    expect(new Set(ports).size).toBe(50);
    for (const port of ports) {
      expect(port).toBeLessThan(32_768);
      expect(isPortFree(port)).toBe(true);
    }
  });

  test("a port someone listens on is not free", () => {
    const [port] = freePorts(1);
    using _taken = take(port!);
    expect(isPortFree(port!)).toBe(false);
  });
});

describe("assignAddresses", () => {
  test("each node gets an id and ports of its own", () => {
    const nodes = assignAddresses({ nodes: 3, listeners: ["SECURE"] });
    expect(nodes.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(new Set(portsOf(nodes)).size).toBe(9);
    expect(Object.keys(nodes[0]!.listenerPorts)).toEqual(["SECURE"]);
  });

  test("ports asked for are taken in a row, past those that are not free", () => {
    const port = freeRow();
    using _taken = take(port + 1);
    const ports = assignAddresses({ nodes: 3, port, listeners: [] }).map((node) => node.port);
    expect(ports[0]).toBe(port);
    expect(ports[1]).not.toBe(port + 1);
    expect(ports[2]).toBe(port + 2);
  });

  test("a port asked for that is taken is an error, a preferred one is not", () => {
    const [port] = freePorts(1) as [number];
    using _taken = take(port);
    expect(() => assignAddresses({ nodes: 1, port, listeners: [] })).toThrow(
      expect.objectContaining({ code: "PORT_TAKEN" } satisfies Partial<BrokerError>),
    );
    expect(assignAddresses({ nodes: 1, preferredPort: port, listeners: [] })[0]!.port).not.toBe(port);
  });

  test("an earlier run's ports stay, unless another is asked for", () => {
    const previous = assignAddresses({ nodes: 1, listeners: ["A", "B"] });
    expect(assignAddresses({ nodes: 1, listeners: ["A", "B"], previous })).toEqual(previous);
    const other = assignAddresses({ nodes: 1, listeners: ["B", "C"], previous })[0]!;
    expect(other.listenerPorts.B).toBe(previous[0]!.listenerPorts.B!);
    expect(Object.keys(other.listenerPorts)).toEqual(["B", "C"]);
    const [port] = freePorts(1, portsOf(previous));
    expect(assignAddresses({ nodes: 1, port, listeners: [], previous })[0]!.port).toBe(port!);
  });
});

/** A port that is free with the two after it. */
function freeRow(): number {
  for (;;) {
    const [port] = freePorts(1) as [number];
    if (isPortFree(port + 1) && isPortFree(port + 2)) return port;
  }
}
