/**
 * What a Kafka client says on its own, brought into the service's log. The client's shapes are described here rather
 * than imported: this package knows no Kafka client.
 */
import type { Logger } from "./log.ts";

export interface KafkaLogOptions {
  log: Logger;
  /** Called with an error after which the client can't go on. */
  onFatal: (error: Error) => void;
}

/** Handlers to spread into the options of a client of `@campus/kafka`. */
export interface KafkaLogHandlers {
  onLog: (line: { readonly level: number; readonly facility: string; readonly message: string }) => void;
  onError: (error: Error & { readonly fatal: boolean }) => void;
}

/** Log handlers for one client. Lost connections are warnings: librdkafka reconnects by itself. */
export function kafkaLogHandlers({ log, onFatal }: KafkaLogOptions): KafkaLogHandlers {
  const kafka = log.getChild("kafka");
  return {
    onLog({ level, facility, message }) {
      // Levels as in syslog: 4 and below are warnings and worse, 5 and 6 notices, 7 is debugging.
      if (level <= 4) kafka.warn("{facility}: {message}", { facility, message });
      else if (level <= 6) kafka.info("{facility}: {message}", { facility, message });
      else kafka.debug("{facility}: {message}", { facility, message });
    },
    onError(error) {
      if (error.fatal) onFatal(error);
      else kafka.warn("{error}", { error });
    },
  };
}
