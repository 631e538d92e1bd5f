/**
 * Where a key lands, told without sending anything. By arithmetic of our own, not librdkafka's `rd_kafka_msg_partitioner_murmur2`, since the call alone
 * takes longer; the tests hold it against librdkafka and Java.
 */
import { KafkaError } from "./error.ts";
import { ErrCode } from "./native/error-codes.ts";

/**
 * The partition, from 0, of the records with this key in a topic of so many partitions: where the default partitioner `murmur2_random` puts them, and
 * Java's clients do.
 * @throws KafkaError `_INVALID_ARG` for no number of partitions, or no key
 */
export function partitionOfKey(key: string | Uint8Array, partitions: number): number {
  if (!(Number.isInteger(partitions) && partitions >= 1 && partitions < 2 ** 31))
    throw invalid(`a topic can't have ${partitions} partitions`);
  if (typeof key !== "string" && !(key instanceof Uint8Array))
    throw invalid("key must be a string or a Uint8Array");
  return ((typeof key === "string" ? hashOfText(key) : hashOf(key)) & 0x7fff_ffff) % partitions;
}

/** Text of whole blocks of ASCII, as a UUID is, is hashed as it stands: no buffer is made. */
function hashOfText(text: string): number {
  const { length } = text;
  if ((length & 3) !== 0) return hashOf(Buffer.from(text));
  let hash = SEED ^ length;
  let seen = 0;
  for (let at = 0; at < length; at += 4) {
    const a = text.charCodeAt(at);
    const b = text.charCodeAt(at + 1);
    const c = text.charCodeAt(at + 2);
    const d = text.charCodeAt(at + 3);
    seen |= a | b | c | d;
    hash = mixed(hash, a | (b << 8) | (c << 16) | (d << 24));
  }
  return seen > 0x7f ? hashOf(Buffer.from(text)) : finished(hash);
}

/** MurmurHash2 of 32 bits (Austin Appleby), with the seed of Kafka's `Utils.murmur2`. */
function hashOf(bytes: Uint8Array): number {
  const { length } = bytes;
  const blocks = length & ~3;
  let hash = SEED ^ length;
  for (let at = 0; at < blocks; at += 4) {
    hash = mixed(hash, bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
  }
  if (length > blocks) {
    for (let at = length - 1; at >= blocks; at--) hash ^= bytes[at]! << (8 * (at - blocks));
    hash = Math.imul(hash, FACTOR);
  }
  return finished(hash);
}

const SEED = 0x9747b28c;
const FACTOR = 0x5bd1e995;

function mixed(hash: number, block: number): number {
  let k = Math.imul(block, FACTOR);
  k = Math.imul(k ^ (k >>> 24), FACTOR);
  return Math.imul(hash, FACTOR) ^ k;
}

function finished(hash: number): number {
  const folded = Math.imul(hash ^ (hash >>> 13), FACTOR);
  return folded ^ (folded >>> 15);
}

function invalid(message: string): KafkaError {
  return new KafkaError({ code: ErrCode.invalidArgument, operation: "partitionOfKey", message });
}
