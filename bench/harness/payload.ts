/**
 * The payloads of the client scenarios: orders as the system writes them, 250 bytes of JSON with two UUIDs of real entropy each, under
 * their order id; and of other sizes, where that is the question. Written once and read by all subjects, so that all send the same bytes.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { outFolder } from "./out-folder.ts";

const orderBytes = 250;
const keyBytes = 36;
const count = 10_000;

export interface PayloadFiles {
  /** Key length, key, value length, value, and so on; lengths are 32 bit, little-endian. */
  readonly records: string;
  /** The values alone, one a line, for tools that take nothing else. */
  readonly lines: string;
  /** Of each record's key and value. */
  readonly recordBytes: number;
  /** What a reader of the first `total` records, sent over and over in order, must count. */
  checksum(total: number): number;
}

interface Payload {
  readonly key: string;
  readonly value: string;
}

function order(index: number): Payload {
  const key = crypto.randomUUID();
  const event = {
    event_id: crypto.randomUUID(),
    event_type: "OrderPlaced",
    order_id: key,
    timestamp: new Date().toISOString(),
    payload: { user_id: `u${index}`, item: "burger", quantity: 1 + (index % 5) },
  };
  return { key, value: JSON.stringify(event).padEnd(orderBytes, " ") };
}

/** Length-prefixed, as `PayloadFiles.records` describes. */
export function encodeRecords(orders: readonly Payload[]): Buffer {
  const pieces = orders.flatMap(({ key, value }) => [key, value]).map((text) => Buffer.from(text));
  return Buffer.concat(
    pieces.flatMap((piece) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(piece.length);
      return [length, piece];
    }),
  );
}

/** The sum that every reader builds of each record's first byte of the key and middle byte of the value. */
export function checksums(orders: readonly Payload[]): (total: number) => number {
  const sums = [0];
  for (const { key, value } of orders)
    sums.push(sums.at(-1)! + key.charCodeAt(0) + value.charCodeAt(value.length >> 1));
  return (total) => Math.floor(total / orders.length) * sums.at(-1)! + sums[total % orders.length]!;
}

export async function writePayloads(): Promise<PayloadFiles> {
  return write(
    "payloads",
    Array.from({ length: count }, (_, index) => order(index)),
  );
}

/** JSON of that many bytes, 100 or more, filled up with what no compression makes smaller than three quarters. */
export async function writeSizedPayloads(valueBytes: number): Promise<PayloadFiles> {
  const records = Array.from({ length: valueBytes > 1_000 ? count / 10 : count }, () => {
    const key = crypto.randomUUID();
    const empty = JSON.stringify({ order_id: key, note: "" }).length;
    const note = crypto.getRandomValues(Buffer.alloc(valueBytes)).toString("base64url");
    return { key, value: JSON.stringify({ order_id: key, note: note.slice(0, valueBytes - empty) }) };
  });
  return write(`payloads-${valueBytes}`, records);
}

async function write(name: string, payloads: readonly Payload[]): Promise<PayloadFiles> {
  const records = join(outFolder, `${name}.bin`);
  const lines = join(outFolder, `${name}.txt`);
  await mkdir(outFolder, { recursive: true });
  await Bun.write(records, encodeRecords(payloads));
  await Bun.write(lines, `${payloads.map(({ value }) => value).join("\n")}\n`);
  const recordBytes = keyBytes + payloads[0]!.value.length;
  return { records, lines, recordBytes, checksum: checksums(payloads) };
}
