/** What librdkafka knows of a client's membership in its group. */
import type { Properties } from "./native/conf.ts";
import { type Pointer, readString } from "./native/ffi.ts";
import { librdkafka } from "./native/library.ts";

/**
 * Whether closing leaves the member behind if it holds no partition. That of a cooperative group is: librdkafka 2.15 sends no LeaveGroup for
 * it, and whatever the group does next waits for it until its session ends, 45 s by default. An unsubscribe does send it; amid a
 * rebalance once that has ended. A static member stays on purpose (KIP-345).
 */
export function staysWhenSpare(rk: Pointer, properties: Properties): boolean {
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
