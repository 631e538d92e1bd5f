/** Requests about settings kept by the cluster: of topics and brokers. */

import type { KafkaError } from "./error.ts";
import {
  AdminOperation,
  readArray,
  requestAdmin,
  withHandles,
  withPointerArray,
} from "./native/admin-request.ts";
import { ErrCode } from "./native/error-codes.ts";
import { cstring, type Pointer } from "./native/ffi.ts";
import { Handle } from "./native/handle.ts";
import { errorOf, librdkafkaAdmin, throwIfFailed } from "./native/library.ts";
import type { NativeClient } from "./native/native-client.ts";
import { withRetries } from "./retry.ts";

/** What has settings: a topic by name, a broker by its id. */
export interface ConfigResource {
  /** What `name` names. */
  readonly type: "topic" | "broker";
  /** The topic's name, or the broker's id as text. */
  readonly name: string;
}

/**
 * Where a setting's value comes from: set for the topic (`dynamic-topic`), for the broker (`dynamic-broker`), for all brokers
 * (`dynamic-default-broker`) or the group (`group`) while they run, in the broker's own file (`static-broker`), or nowhere (`default`). `unknown` is
 * what a newer Kafka may say.
 */
export type ConfigSource =
  | "dynamic-topic"
  | "dynamic-broker"
  | "dynamic-default-broker"
  | "static-broker"
  | "default"
  | "group"
  | "unknown";

/** A setting as the broker has it in effect. */
export interface ConfigEntry {
  /** By Kafka's name: `retention.ms`, `cleanup.policy`, … */
  readonly name: string;
  /** Null where the broker does not tell, as for passwords. */
  readonly value: string | null;
  /** Where the value comes from. */
  readonly source: ConfigSource;
  /** Not set by anyone: `source` is `default`. */
  readonly isDefault: boolean;
  /** Of a broker: it takes a restart to change it. */
  readonly isReadOnly: boolean;
  /** A password or the like; its value is not told. */
  readonly isSensitive: boolean;
}

/** A topic or broker with all its settings. */
export interface ConfigDescription extends ConfigResource {
  /** All of them, defaults included. */
  readonly entries: readonly ConfigEntry[];
}

/** Changes of one resource: a value sets, null goes back to the default. What is not named stays. */
export interface ConfigChange extends ConfigResource {
  /** By Kafka's names. Values are text, numbers and durations included. */
  readonly set: Readonly<Record<string, string | null>>;
}

/** `rd_kafka_ResourceType_t` */
const resourceTypes = { topic: 2, broker: 4 } as const;

/** `rd_kafka_ConfigSource_t` */
export const configSources: ReadonlyMap<number, ConfigSource> = new Map([
  [1, "dynamic-topic"],
  [2, "dynamic-broker"],
  [3, "dynamic-default-broker"],
  [4, "static-broker"],
  [5, "default"],
  [8, "group"],
]);

/** `rd_kafka_AlterConfigOpType_t` */
const alter = { set: 0, delete: 1 } as const;

export function describeConfigs(
  client: NativeClient,
  resources: readonly ConfigResource[],
  timeoutMs: number,
): Promise<ConfigDescription[]> {
  if (resources.length === 0) return Promise.resolve([]);
  const operation = "describe configs";
  return withRetries(client, { operation, kind: "reading", timeoutMs }, (leftMs) =>
    describeOnce(client, operation, resources, leftMs),
  );
}

function describeOnce(
  client: NativeClient,
  operation: string,
  resources: readonly ConfigResource[],
  timeoutMs: number,
): Promise<ConfigDescription[]> {
  const admin = librdkafkaAdmin();
  return requestAdmin(client, {
    operation,
    code: AdminOperation.describeConfigs,
    timeoutMs,
    send: (rk, options, queue) =>
      withHandles(
        resources.map((resource) => () => newResource(resource)),
        (pointers) =>
          withPointerArray(pointers, (array, count) =>
            admin.rd_kafka_DescribeConfigs(rk, array, count, options, queue),
          ),
      ),
    settle(event) {
      const result = admin.rd_kafka_event_DescribeConfigs_result(event)!;
      return readArray((count) => admin.rd_kafka_DescribeConfigs_result_resources(result, count)).map(
        (resource, i) => {
          const failure = resourceError(resource, "describe config of");
          if (failure) throw failure;
          const entries = readArray((count) => admin.rd_kafka_ConfigResource_configs(resource, count)).map(
            readEntry,
          );
          return { type: resources[i]!.type, name: admin.rd_kafka_ConfigResource_name(resource)!, entries };
        },
      );
    },
  });
}

/** KIP-339. @throws the first resource's error */
export function alterConfigs(
  client: NativeClient,
  changes: readonly ConfigChange[],
  timeoutMs: number,
): Promise<void> {
  if (changes.length === 0) return Promise.resolve();
  const operation = "alter configs";
  return withRetries(client, { operation, kind: "writing", timeoutMs }, (leftMs) =>
    alterOnce(client, operation, changes, leftMs),
  );
}

function alterOnce(
  client: NativeClient,
  operation: string,
  changes: readonly ConfigChange[],
  timeoutMs: number,
): Promise<void> {
  const admin = librdkafkaAdmin();
  return requestAdmin(client, {
    operation,
    code: AdminOperation.incrementalAlterConfigs,
    timeoutMs,
    send: (rk, options, queue) =>
      withHandles(
        changes.map((change) => () => newChange(change)),
        (pointers) =>
          withPointerArray(pointers, (array, count) =>
            admin.rd_kafka_IncrementalAlterConfigs(rk, array, count, options, queue),
          ),
      ),
    settle(event) {
      const result = admin.rd_kafka_event_IncrementalAlterConfigs_result(event)!;
      for (const resource of readArray((count) =>
        admin.rd_kafka_IncrementalAlterConfigs_result_resources(result, count),
      )) {
        const failure = resourceError(resource, "alter config of");
        if (failure) throw failure;
      }
    },
  });
}

function newResource({ type, name }: ConfigResource): Handle {
  const admin = librdkafkaAdmin();
  return new Handle(
    "config resource",
    admin.rd_kafka_ConfigResource_new(resourceTypes[type], cstring(name)),
    (pointer) => admin.rd_kafka_ConfigResource_destroy(pointer),
  );
}

function newChange(change: ConfigChange): Handle {
  const resource = newResource(change);
  try {
    for (const [name, value] of Object.entries(change.set)) {
      const operation = value === null ? alter.delete : alter.set;
      const text = value === null ? null : cstring(value);
      const add = librdkafkaAdmin().rd_kafka_ConfigResource_add_incremental_config;
      throwIfFailed(add(resource.pointer, cstring(name), operation, text), `alter config "${name}"`);
    }
    return resource;
  } catch (error) {
    resource.release();
    throw error;
  }
}

function resourceError(resource: Pointer, operation: string): KafkaError | null {
  const admin = librdkafkaAdmin();
  const code = admin.rd_kafka_ConfigResource_error(resource);
  if (code === ErrCode.none) return null;
  const reason = admin.rd_kafka_ConfigResource_error_string(resource) ?? undefined;
  return errorOf(code, `${operation} "${admin.rd_kafka_ConfigResource_name(resource)}"`, reason);
}

function readEntry(entry: Pointer): ConfigEntry {
  const admin = librdkafkaAdmin();
  return {
    name: admin.rd_kafka_ConfigEntry_name(entry)!,
    value: admin.rd_kafka_ConfigEntry_value(entry),
    source: configSources.get(admin.rd_kafka_ConfigEntry_source(entry)) ?? "unknown",
    isDefault: admin.rd_kafka_ConfigEntry_is_default(entry) > 0,
    isReadOnly: admin.rd_kafka_ConfigEntry_is_read_only(entry) > 0,
    isSensitive: admin.rd_kafka_ConfigEntry_is_sensitive(entry) > 0,
  };
}
