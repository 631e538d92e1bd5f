/**
 * Administrative requests that go to a group's coordinator, and why librdkafka must never give one of them up.
 *
 * When such a request's own time ends before its coordinator was found, librdkafka (2.15.1) destroys it, and as soon as the coordinator is found
 * answers it once more, through memory it has freed: the process aborts with `eonce->refcnt > 0` or a corrupted heap
 * (https://github.com/confluentinc/librdkafka/pull/5397). So librdkafka gets the longest time it takes, and whoever asked gives up here.
 */

/** `rd_kafka_admin_op_t` of each. */
const coordinatorOperations: ReadonlySet<number> = new Set([
  7, // DeleteGroups
  8, // DeleteConsumerGroupOffsets
  13, // DescribeConsumerGroups
  14, // ListConsumerGroupOffsets
  15, // AlterConsumerGroupOffsets
]);

/** The longest that `rd_kafka_AdminOptions_set_request_timeout` takes. */
export const longestRequestMs = 3_600_000;

export function goesToCoordinator(operation: number): boolean {
  return coordinatorOperations.has(operation);
}

/** The time to give librdkafka for a request that is waited for only `timeoutMs`. */
export function nativeRequestTimeoutMs(operation: number, timeoutMs: number): number {
  return goesToCoordinator(operation) && timeoutMs >= 0 && timeoutMs <= longestRequestMs
    ? longestRequestMs
    : timeoutMs;
}
