/**
 * What a Kafka client says on its own, brought into the service's log. The client's shapes are described here rather
 * than imported: this package knows no Kafka client.
 */
import type { Logger } from "./log.ts";

export interface KafkaLogOptions {
  log: Logger;
  /** Called with an error after which the client can't go on. */
  onFatal: (error: Error) => void;
  /** Milliseconds on a clock that never goes back. */
  now?: () => number;
}

/** Handlers to spread into the options of a client of `@campus/kafka`. */
export interface KafkaLogHandlers {
  onLog: (line: { readonly level: number; readonly facility: string; readonly message: string }) => void;
  onError: (error: Error & { readonly fatal: boolean }) => void;
}

/** While brokers are away librdkafka says so at every attempt to reconnect; once in this time will do. */
const REPEAT_MS = 10_000;

/** Log handlers for one client. Lost connections are warnings: librdkafka reconnects by itself. */
export function kafkaLogHandlers({
  log,
  onFatal,
  now = () => performance.now(),
}: KafkaLogOptions): KafkaLogHandlers {
  const kafka = log.getChild("kafka");
  const saidAt = new Map<string, number>();
  return {
    onLog({ level, facility, message }) {
      // Levels as in syslog: 4 and below are warnings and worse, 5 and 6 notices, 7 is debugging. A failed connection
      // (FAIL) is told as an error, too.
      if (level >= 7 || facility === "FAIL") kafka.debug("{facility}: {message}", { facility, message });
      else if (level >= 5) kafka.info("{facility}: {message}", { facility, message });
      else kafka.warn("{facility}: {message}", { facility, message });
    },
    onError(error) {
      if (error.fatal) return onFatal(error);
      const at = now();
      if (at - (saidAt.get(error.name) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) {
        return kafka.debug("{error}", { error });
      }
      saidAt.set(error.name, at);
      kafka.warn("{error}", { error });
    },
  };
}
