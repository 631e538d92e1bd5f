/**
 * librdkafka remembers which broker coordinates a group, and administrative requests go there for as long as that broker is up, even when
 * it answers `NOT_COORDINATOR` each time (2.15.1: only transactions evict an entry). What it remembers is the last eleven groups asked
 * for, so asking for eleven others makes it forget.
 */

import type { KafkaError } from "./error.ts";
import { AdminOperation, requestAdmin, withStringArray } from "./native/admin-request.ts";
import { ErrCode } from "./native/error-codes.ts";
import { librdkafkaAdmin } from "./native/library.ts";
import type { NativeClient } from "./native/native-client.ts";

/** Groups that nobody uses; looking up who would coordinate them creates nothing. */
const others = Array.from({ length: 11 }, (_, i) => `bun-kafka-coordinator-lookup-${i}`);

const lookupTimeoutMs = 1_000;

/** The cure of requests to a group's coordinator, for `RetryOptions`. */
export function lookUpCoordinators<Item>(client: NativeClient) {
  return async (failed: ReadonlyMap<Item, KafkaError>, timeoutMs: number): Promise<void> => {
    if ([...failed.values()].every(({ code }) => code !== ErrCode.notCoordinator)) return;
    await requestAdmin(client, {
      operation: "look up coordinators",
      code: AdminOperation.describeGroups,
      timeoutMs: Math.min(timeoutMs, lookupTimeoutMs),
      send: (rk, options, queue) =>
        withStringArray(others, (names, count) =>
          librdkafkaAdmin().rd_kafka_DescribeConsumerGroups(rk, names, count, options, queue),
        ),
      // What became of them does not matter: the next attempt says whether it helped.
      settle: () => undefined,
    }).catch(() => undefined);
  };
}
