/**
 * The native layer for packages that build a client of another shape on it, and its door to C for who else needs one (tests/import-law.test.ts names
 * who may): handles with one owner, queues that wake the event loop, calls on threads of their own. No promise of stability goes with it.
 */
export { readArray, withHandles, withPointerArray, withStringArray } from "./admin-request.ts";
export { callBlocking } from "./blocking.ts";
export type { BlockingCall } from "./blocking-worker.ts";
export { nativeRequestTimeoutMs } from "./coordinator-request.ts";
export { EventType } from "./event-type.ts";
export {
  cstring,
  libc,
  type NativeFunctions,
  NativeMemory,
  openLibc,
  openLibrary,
  type Pointer,
  read,
  readSize,
  readString,
  type Signature,
  writeUtf8,
} from "./ffi.ts";
export { Handle, liveHandles } from "./handle.ts";
export { message, taggedArgument, topicPartition, topicPartitionList } from "./layout.ts";
export { libraryFeatures, librdkafka, librdkafkaAdmin } from "./library.ts";
export { librdkafkaPath } from "./library-path.ts";
export { ownQueue, WakePipe } from "./queue.ts";
