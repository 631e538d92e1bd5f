/** The cluster as its brokers describe it: who they are and which of them is the controller. */

import { AdminOperation, readArray, requestAdmin } from "./native/admin-request.ts";
import type { Pointer } from "./native/ffi.ts";
import { librdkafkaAdmin } from "./native/library.ts";
import type { NativeClient } from "./native/native-client.ts";
import { withRetries } from "./retry.ts";

/** A broker and where clients reach it. */
export interface Broker {
  /** `node.id`. */
  readonly id: number;
  /** As the broker advertises it (`advertised.listeners`), which may differ from the bootstrap address. */
  readonly host: string;
  /** 1 to 65 535. */
  readonly port: number;
  /** `broker.rack`, null where it is not set. */
  readonly rack: string | null;
}

/** A cluster as its brokers describe it. */
export interface ClusterDescription {
  /** Given when the cluster was formatted; null where the brokers do not tell. */
  readonly clusterId: string | null;
  /** Those that are up, in no particular order. */
  readonly brokers: readonly Broker[];
  /** Null while there is none. */
  readonly controller: Broker | null;
}

/** @internal */
export function readBroker(node: Pointer): Broker {
  const admin = librdkafkaAdmin();
  return {
    id: admin.rd_kafka_Node_id(node),
    host: admin.rd_kafka_Node_host(node) ?? "",
    port: admin.rd_kafka_Node_port(node),
    rack: admin.rd_kafka_Node_rack(node),
  };
}

/** @internal */
export function describeCluster(client: NativeClient, timeoutMs: number): Promise<ClusterDescription> {
  const operation = "describe cluster";
  return withRetries(client, { operation, kind: "reading", timeoutMs }, (leftMs) =>
    describeOnce(client, operation, leftMs),
  );
}

function describeOnce(
  client: NativeClient,
  operation: string,
  timeoutMs: number,
): Promise<ClusterDescription> {
  const admin = librdkafkaAdmin();
  return requestAdmin(client, {
    operation,
    code: AdminOperation.describeCluster,
    timeoutMs,
    send: (rk, options, queue) => admin.rd_kafka_DescribeCluster(rk, options, queue),
    settle(event) {
      const result = admin.rd_kafka_event_DescribeCluster_result(event)!;
      const controller = admin.rd_kafka_DescribeCluster_result_controller(result);
      return {
        clusterId: admin.rd_kafka_DescribeCluster_result_cluster_id(result),
        brokers: readArray((count) => admin.rd_kafka_DescribeCluster_result_nodes(result, count)).map(
          readBroker,
        ),
        controller: controller ? readBroker(controller) : null,
      };
    },
  });
}
