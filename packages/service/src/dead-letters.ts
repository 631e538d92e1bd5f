/**
 * Where a consumer puts a record it can't handle, so that its partition goes on and nothing is lost in silence.
 * A consumer knows only `DeadLetters`; what is behind it is wiring. Here that is a folder of JSON-lines files, one a
 * topic and group, each line the whole record with where it lay and why it was refused: enough to mend and send
 * it again. Any number of processes may append to the same folder.
 */
import { constants } from "node:fs";
import { access, mkdir, open } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Logger } from "./log.ts";
import { text } from "./setting.ts";

/** The prefix of the setting below. */
export const DEAD_LETTERS_PREFIX = "DEAD_LETTERS_";

/** The settings of every service that sets records aside. */
export function deadLetterSettings() {
  return {
    deadLettersFolder: text("DEAD_LETTERS_FOLDER", {
      default: "dead_letters",
      description: "Folder for records that can't be handled, kept as JSON lines",
    }),
  };
}

/** A record set aside: its place in Kafka, its bytes as they were, and why nobody could handle it. */
export interface DeadLetter {
  topic: string;
  partition: number;
  offset: number;
  /** The consumer group that gave up on it; another group may well have handled it. */
  group: string;
  /** The class of the error, e.g. `MalformedEventError`. */
  error: string;
  /** What was wrong, for a person. */
  reason: string;
  /** The record's own timestamp, milliseconds since 1970. */
  timestampMs: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
}

/** A consumed record, as far as it matters here. */
export type UnhandledRecord = Pick<DeadLetter, "topic" | "partition" | "offset" | "key" | "value"> & {
  /** Milliseconds since 1970; -1 where the record has none. */
  readonly timestamp: number;
};

/** The letter for a record that a group could not handle, with what it failed on. */
export function deadLetterOf(record: UnhandledRecord, group: string, error: Error): DeadLetter {
  const { topic, partition, offset, timestamp: timestampMs, key, value } = record;
  return {
    topic,
    partition,
    offset,
    group,
    error: error.name,
    reason: error.message,
    timestampMs,
    key,
    value,
  };
}

export interface DeadLetters {
  /**
   * Sets records aside. Resolves once they are kept for good: only then may their offsets be committed. A record
   * may come twice (its consumer was killed between this and its commit); topic, partition, offset and group
   * tell the copies apart. Rejects if they can't be kept: the offsets must then stay where they are.
   */
  add(letters: readonly DeadLetter[]): Promise<void>;
}

/**
 * Dead letters as files `<topic>.<group>.jsonl` in a folder, which is made if it is missing. Each line is on the
 * disk (fdatasync) before `add` resolves. Files may be moved or removed at any time: nothing is held open.
 * @throws Error naming folder and setting, when this process can't write there
 */
export async function openDeadLetterFolder(folder: string): Promise<DeadLetters> {
  const path = resolve(folder);
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Records that can't be handled could not be kept: ${reason}. Set DEAD_LETTERS_FOLDER.`, {
      cause,
    });
  }

  let last: Promise<unknown> = Promise.resolve();
  return {
    add(letters) {
      // One append after the other, so that the repair of a torn line in `append` sees whole writes only.
      const added = last.then(() => appendAll(path, letters));
      last = added.catch(() => {});
      return added;
    },
  };
}

/** The same dead letters, each said in the log with its place, and counted, once it is kept. */
export function withDeadLetterLog(
  deadLetters: DeadLetters,
  { log, onAdded }: { log: Logger; onAdded: (count: number) => void },
): DeadLetters {
  return {
    async add(letters) {
      await deadLetters.add(letters);
      onAdded(letters.length);
      for (const { topic, partition, offset, reason } of letters) {
        log.warn("set aside {topic}/{partition} offset {offset}: {reason}", {
          topic,
          partition,
          offset,
          reason,
        });
      }
    },
  };
}

async function appendAll(folder: string, letters: readonly DeadLetter[]): Promise<void> {
  const files = Map.groupBy(letters, ({ topic, group }) => `${topic}.${encodeURIComponent(group)}.jsonl`);
  for (const [name, own] of files) await append(join(folder, name), own.map(lineOf).join(""));
}

async function append(path: string, lines: string): Promise<void> {
  const file = await open(path, "a+");
  try {
    // A crash in the middle of a write leaves a line without its end; the next must not be glued to it.
    const { size } = await file.stat();
    const torn = size > 0 && (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0] !== 0x0a;
    await file.appendFile(torn ? `\n${lines}` : lines);
    await file.datasync();
  } finally {
    await file.close();
  }
}

function lineOf(letter: DeadLetter): string {
  const line = {
    topic: letter.topic,
    partition: letter.partition,
    offset: letter.offset,
    group: letter.group,
    error: letter.error,
    reason: letter.reason,
    record_timestamp: isoOf(letter.timestampMs),
    set_aside_at: new Date().toISOString(),
    key_base64: base64Of(letter.key),
    value_base64: base64Of(letter.value),
  };
  return `${JSON.stringify(line)}\n`;
}

/** A record may carry no timestamp (-1) or one beyond what a date can be. */
function isoOf(timestampMs: number): string | null {
  const date = new Date(timestampMs);
  return timestampMs < 0 || Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function base64Of(bytes: Uint8Array | null): string | null {
  return bytes === null
    ? null
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
