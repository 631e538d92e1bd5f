/** Says in the log what was put into the dead-letter topic: each record with its place, as long as they are few. */
import { type DeadLetterRecord, deadLetterTopic, readDeadLetterHeaders } from "@campus/events";
import type { Logger } from "@campus/service";

/** Of the letters kept at once; where there are more, the topic is the place to look. */
const LINES = 10;

export function reportSetAside(log: Logger, letters: readonly DeadLetterRecord[]): void {
  for (const { headers } of letters.slice(0, LINES)) {
    const { topic, partition, offset, errorMessage } = readDeadLetterHeaders(headers)!;
    log.warn("set aside {topic}/{partition} offset {offset} into {deadLetters}: {reason}", {
      topic,
      partition,
      offset,
      deadLetters: deadLetterTopic(topic),
      reason: errorMessage,
    });
  }
  if (letters.length > LINES) log.warn("set aside {count} more", { count: letters.length - LINES });
}
