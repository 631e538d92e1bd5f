import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { metadataRequest, parseMetadataResponse, probeMetadata } from "./metadata-probe.ts";
import { freePorts, LOOPBACK } from "./ports.ts";

interface Broker {
  id: number;
  host: string;
  port: number;
}

/** A Metadata response, version 4, as a broker writes it, without the length. */
function response(brokers: Broker[], clusterId: string | null, controllerId: number): Buffer {
  const int = (value: number): Buffer => {
    const buffer = Buffer.alloc(4);
    buffer.writeInt32BE(value);
    return buffer;
  };
  const string = (value: string | null): Buffer => {
    const bytes = Buffer.from(value ?? "");
    const length = Buffer.alloc(2);
    length.writeInt16BE(value === null ? -1 : bytes.length);
    return Buffer.concat([length, bytes]);
  };
  return Buffer.concat([
    metadataRequest().subarray(8, 12), // the correlation id comes back
    int(0),
    int(brokers.length),
    ...brokers.flatMap(({ id, host, port }) => [int(id), string(host), int(port), string(null)]),
    string(clusterId),
    int(controllerId),
    int(0), // topics
  ]);
}

function framed(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** A server that answers whatever comes with `chunks`, and then keeps or closes the connection. */
function serve(chunks: Buffer[], { close = false } = {}): { port: number } & Disposable {
  const [port] = freePorts(1) as [number];
  const listener = Bun.listen({
    hostname: LOOPBACK,
    port,
    socket: {
      data: (socket) => {
        for (const chunk of chunks) socket.write(chunk);
        if (close) socket.end();
      },
    },
  });
  return { port, [Symbol.dispose]: () => listener.stop(true) };
}

const brokerOf = fc.record({
  id: fc.nat(),
  host: fc.string({ maxLength: 40 }),
  port: fc.integer({ min: 1, max: 65_535 }),
});

describe("parseMetadataResponse", () => {
  test("reads what a broker writes", () => {
    const brokers = fc.uniqueArray(brokerOf, { selector: ({ id }) => id, maxLength: 5 });
    const clusterId = fc.option(fc.string({ maxLength: 30 }));
    fc.assert(
      fc.property(brokers, clusterId, fc.integer({ min: -1, max: 9 }), (given, id, controllerId) => {
        const view = parseMetadataResponse(response(given, id, controllerId));
        expect(view).toEqual({ brokers: given.toSorted((a, b) => a.id - b.id), clusterId: id, controllerId });
      }),
    );
  });

  test("an answer cut short, or of anything else, is an error and nothing worse", () => {
    const whole = response([{ id: 1, host: "127.0.0.1", port: 9092 }], "cluster", 1);
    for (let length = 0; length < whole.length - 4; length++) {
      expect(() => parseMetadataResponse(whole.subarray(0, length))).toThrow();
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => parseMetadataResponse(Buffer.from(bytes))).toThrow(/another request|too early/);
      }),
    );
  });
});

describe("probeMetadata", () => {
  const answer = response([{ id: 1, host: LOOPBACK, port: 9092 }], "cluster", 1);

  test("puts an answer together that comes in pieces", async () => {
    const bytes = framed(answer);
    using server = serve([bytes.subarray(0, 3), bytes.subarray(3, 9), bytes.subarray(9)]);
    expect(await probeMetadata(server.port, 1_000)).toMatchObject({ clusterId: "cluster", controllerId: 1 });
  });

  test("an open port is not an answer", async () => {
    using silent = serve([]);
    await expect(probeMetadata(silent.port, 100)).rejects.toThrow("no answer");
    using http = serve([Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")]);
    await expect(probeMetadata(http.port, 1_000)).rejects.toThrow("does not speak Kafka");
    using closing = serve([], { close: true });
    await expect(probeMetadata(closing.port, 1_000)).rejects.toThrow("closed the connection");
    const [nobody] = freePorts(1) as [number];
    await expect(probeMetadata(nobody, 1_000)).rejects.toThrow();
  });
});
