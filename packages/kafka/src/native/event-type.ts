/** Kinds of librdkafka event: bits to enable in a configuration, and what `rd_kafka_event_type` answers. */
export const EventType = {
  delivery: 0x1,
  log: 0x4,
  error: 0x8,
  rebalance: 0x10,
  offsetCommit: 0x20,
  statistics: 0x40,
  tokenRefresh: 0x100,
} as const;
