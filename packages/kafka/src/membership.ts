/** What librdkafka knows of a client's membership in its group. */
import type { Properties } from "./native/conf.ts";
import { type Pointer, readString } from "./native/ffi.ts";
import { librdkafka } from "./native/library.ts";

/**
 * Whether this client is to unsubscribe before it is closed, which leaves the group once a rebalance under way has ended. Closing alone serves a
 * member of a cooperative group badly (librdkafka 2.15). One that holds no partition sends no LeaveGroup, and whatever the group
 * does next waits for it until its session ends, 45 s by default. And one that has joined again with a batch in hand waits for the
 * batch's commit, which is refused until the group's leader has sent the assignment, which it no longer does if it is this one.
 * A static member stays on purpose (KIP-345).
 */
export function leavesByUnsubscribing(rk: Pointer, properties: Properties): boolean {
  return (
    properties["group.protocol"] !== "consumer" &&
    properties["group.instance.id"] === undefined &&
    librdkafka().rd_kafka_rebalance_protocol(rk) === "COOPERATIVE"
  );
}

/** Of the classic protocol: whether the coordinator has given this client an id that it has not given back. */
export function isMember(rk: Pointer): boolean {
  const lib = librdkafka();
  const id = lib.rd_kafka_memberid(rk);
  if (!id) return false;
  const text = readString(id);
  lib.rd_kafka_mem_free(rk, id);
  return text !== "";
}
