/**
 * The payloads of every client scenario: orders as the system writes them, 250 bytes of JSON with two UUIDs of real entropy each, under
 * their order id. Written once a run of the harness and read by all subjects, so that all send the same bytes.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { outFolder } from "./out-folder.ts";

export const valueBytes = 250;
export const keyBytes = 36;
const count = 10_000;

export interface PayloadFiles {
  /** Key length, key, value length, value, and so on; lengths are 32 bit, little-endian. */
  readonly records: string;
  /** The values alone, one a line, for tools that take nothing else. */
  readonly lines: string;
  /** What a reader of the first `total` records, sent over and over in order, must count. */
  checksum(total: number): number;
}

function order(index: number): { key: string; value: string } {
  const key = crypto.randomUUID();
  const event = {
    event_id: crypto.randomUUID(),
    event_type: "OrderPlaced",
    order_id: key,
    timestamp: new Date().toISOString(),
    payload: { user_id: `u${index}`, item: "burger", quantity: 1 + (index % 5) },
  };
  return { key, value: JSON.stringify(event).padEnd(valueBytes, " ") };
}

/** Length-prefixed, as `PayloadFiles.records` describes. */
export function encodeRecords(orders: readonly { key: string; value: string }[]): Buffer {
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
export function checksums(orders: readonly { key: string; value: string }[]): (total: number) => number {
  const sums = [0];
  for (const { key, value } of orders)
    sums.push(sums.at(-1)! + key.charCodeAt(0) + value.charCodeAt(value.length >> 1));
  return (total) => Math.floor(total / orders.length) * sums.at(-1)! + sums[total % orders.length]!;
}

export async function writePayloads(): Promise<PayloadFiles> {
  const orders = Array.from({ length: count }, (_, index) => order(index));
  const records = join(outFolder, "payloads.bin");
  const lines = join(outFolder, "payloads.txt");
  await mkdir(outFolder, { recursive: true });
  await Bun.write(records, encodeRecords(orders));
  await Bun.write(lines, `${orders.map(({ value }) => value).join("\n")}\n`);
  return { records, lines, checksum: checksums(orders) };
}
