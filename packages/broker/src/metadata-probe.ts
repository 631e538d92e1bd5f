/**
 * Asks one broker, on its own port, what it knows of its cluster: a Kafka Metadata request and nothing else. An open port
 * says little (a broker listens before it serves, and the port may be somebody else's), this answer says it all: whose
 * cluster it is, whether there is a controller, and which brokers are up. It is written out by hand, so that a broker
 * can be started and watched without a client library.
 */
import { LOOPBACK } from "./ports.ts";

const METADATA_KEY = 3;
const METADATA_VERSION = 4; // the oldest that brokers from 2.0 to 4.x share and that has the cluster id
const CORRELATION_ID = 0x6b61666b;
const MAXIMUM_RESPONSE_BYTES = 1 << 20;

/** A cluster as one of its brokers sees it. */
export interface ClusterView {
  readonly clusterId: string | null;
  /** -1 while the broker knows of none. */
  readonly controllerId: number;
  /** The brokers that are up and take part, by node id. */
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[];
}

/** The cluster as seen by the broker at `port` on loopback; rejects if it does not answer so within `timeoutMs`. */
export async function probeMetadata(port: number, timeoutMs: number): Promise<ClusterView> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  let received = Buffer.alloc(0);
  const socket = await Bun.connect({
    hostname: LOOPBACK,
    port,
    socket: {
      open: (self) => void self.write(metadataRequest()),
      data: (_, chunk) => {
        received = Buffer.concat([received, chunk]);
        const length = received.length >= 4 ? received.readInt32BE(0) : undefined;
        if (length !== undefined && (length < 0 || length > MAXIMUM_RESPONSE_BYTES)) {
          reject(new Error(`port ${port} does not speak Kafka's protocol`));
        } else if (length !== undefined && received.length >= 4 + length) {
          resolve(received.subarray(4, 4 + length));
        }
      },
      close: () => reject(new Error(`port ${port} closed the connection without an answer`)),
      error: (_, error) => reject(error),
    },
  });
  const timer = setTimeout(
    () => reject(new Error(`no answer from port ${port} in ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    return parseMetadataResponse(await promise);
  } finally {
    clearTimeout(timer);
    socket.terminate();
  }
}

/** The request frame: no topics asked for, and none made. */
export function metadataRequest(): Buffer {
  const clientId = Buffer.from("campus-broker");
  const frame = Buffer.alloc(4 + 2 + 2 + 4 + 2 + clientId.length + 4 + 1);
  let at = frame.writeInt32BE(frame.length - 4, 0);
  at = frame.writeInt16BE(METADATA_KEY, at);
  at = frame.writeInt16BE(METADATA_VERSION, at);
  at = frame.writeInt32BE(CORRELATION_ID, at);
  at = frame.writeInt16BE(clientId.length, at);
  at += clientId.copy(frame, at);
  at = frame.writeInt32BE(0, at); // no topics
  frame.writeInt8(0, at); // allow_auto_topic_creation
  return frame;
}

/** Reads a response without its length field. Throws a RangeError where it ends too early. */
export function parseMetadataResponse(frame: Buffer): ClusterView {
  let at = 0;
  const take = (bytes: number): number => {
    at += bytes;
    if (at > frame.length) throw new RangeError("the metadata response ends too early");
    return at - bytes;
  };
  const int32 = (): number => frame.readInt32BE(take(4));
  const string = (): string | null => {
    const length = frame.readInt16BE(take(2));
    return length < 0 ? null : frame.toString("utf8", take(length), at);
  };
  if (int32() !== CORRELATION_ID) throw new Error("the answer is to another request: not a Kafka broker");
  int32(); // throttle_time_ms
  const brokers = Array.from({ length: checkedCount(int32()) }, () => {
    const broker = { id: int32(), host: string() ?? "", port: int32() };
    string(); // rack
    return broker;
  });
  return { brokers: brokers.sort((a, b) => a.id - b.id), clusterId: string(), controllerId: int32() };
}

function checkedCount(count: number): number {
  if (count < 0 || count > 10_000) throw new RangeError(`${count} brokers in a metadata response`);
  return count;
}
