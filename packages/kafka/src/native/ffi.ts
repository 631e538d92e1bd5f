/**
 * The door to native code: the only module that imports `bun:ffi`. Everything else in the package sees pointers as plain
 * numbers, memory as `NativeMemory`, and C functions as typed JavaScript functions. Kept narrow on purpose: Node's `node:ffi` and
 * Deno's `dlopen` could stand behind the same few names.
 *
 * Two rules are enforced here because breaking them corrupts memory without a word:
 * - a library is opened once and never closed (a symbol called after `close()` crashes the process);
 * - memory that native code keeps an address of lies on an explicit `ArrayBuffer` of its own. The address of a small typed array
 *   goes stale once the JIT has compiled its user (oven-sh/bun #32054), that of an explicit ArrayBuffer does not move.
 */
import { CString, dlopen, ptr, read as readNative } from "bun:ffi";

/** A native address. 0 never is one: functions returning NULL return `null`. */
export type Pointer = number;

/** The C types in use, by bun:ffi's names. `i64_fast` comes back as a number where that is exact, else as a bigint. */
export type NativeType = "void" | "ptr" | "cstring" | "i16" | "u16" | "i32" | "i64_fast" | "u64";

export type Signature = { readonly args: readonly NativeType[]; readonly returns: NativeType };

/** What a C function of a given return type looks like from JavaScript. */
type Returned<R> = R extends "ptr"
  ? Pointer | null
  : R extends "void"
    ? undefined
    : R extends "cstring"
      ? string | null
      : R extends "u64"
        ? bigint
        : number;

/** A buffer argument is pinned for the length of the call only; a number is an address; null is NULL. */
export type NativeArgument = number | bigint | null | NodeJS.TypedArray;

export type NativeFunctions<T extends Record<string, Signature>> = {
  readonly [K in keyof T]: (...args: NativeArgument[]) => Returned<T[K]["returns"]>;
};

/** Opens a shared library for the life of the process. Throws what the dynamic linker says. */
export function openLibrary<const T extends Record<string, Signature>>(
  path: string,
  symbols: T,
): NativeFunctions<T> {
  return dlopen(path, symbols as never).symbols as unknown as NativeFunctions<T>;
}

/** Reads fields at `address + offset` (bytes). For loops over many structs copy them with `memcpy` instead: it is cheaper. */
export const read = readNative as unknown as {
  u8(address: Pointer, offset: number): number;
  i32(address: Pointer, offset: number): number;
  u32(address: Pointer, offset: number): number;
  i64(address: Pointer, offset: number): bigint;
  ptr(address: Pointer, offset: number): number;
};

/** The size_t or int64 at `address + offset` as a number; exact up to 2^53, which no length or Kafka offset passes. */
export function readSize(address: Pointer, offset: number): number {
  return read.u32(address, offset) + read.i32(address, offset + 4) * 0x1_0000_0000;
}

/** The NUL-terminated UTF-8 string at `address`, or null for NULL. Copies. */
export function readString(address: Pointer | null): string | null {
  return address ? new CString(address as never).toString() : null;
}

/** `text` as a NUL-terminated C string argument. A NUL inside would silently cut it, so it is refused. */
export function cstring(text: string): Buffer {
  if (text.includes("\0")) throw new TypeError("a string for librdkafka must not contain a NUL character");
  return Buffer.from(`${text}\0`);
}

/** The address of a buffer, for use before anything else runs. Never keep it: that is what `NativeMemory` is for. */
export function address(bytes: Uint8Array): Pointer {
  return ptr(bytes) as unknown as number;
}

/**
 * Memory whose address native code may hold: a fixed block, reachable as long as this object is. All views share one buffer.
 */
export class NativeMemory {
  readonly bytes: Buffer;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly address: Pointer;

  constructor(readonly size: number) {
    const block = new ArrayBuffer(Math.ceil(size / 8) * 8);
    this.bytes = Buffer.from(block);
    this.i32 = new Int32Array(block);
    this.u32 = new Uint32Array(block);
    this.address = ptr(this.bytes) as unknown as number;
  }

  /** Stores a 64-bit value (address, size or opaque below 2^53) at a 4-byte index. */
  setSize(index: number, value: number): void {
    this.u32[index] = value;
    this.u32[index + 1] = value / 0x1_0000_0000;
  }

  /** The 64-bit value at a 4-byte index; exact up to 2^53, negative values included. */
  getSize(index: number): number {
    return this.u32[index]! + this.i32[index + 1]! * 0x1_0000_0000;
  }
}

/**
 * Writes `text` as UTF-8 and returns the bytes written; lone surrogates become U+FFFD. `Buffer.utf8Write` is undocumented but in Node and Bun alike,
 * and twice as fast as `Buffer.write`, which looks up an encoding by name each time.
 */
export function writeUtf8(target: Buffer, text: string, offset: number): number {
  return (target as unknown as { utf8Write(text: string, offset: number): number }).utf8Write(text, offset);
}

const linux = process.platform === "linux";

const libcSymbols = {
  malloc: { args: ["u64"], returns: "ptr" },
  free: { args: ["ptr"], returns: "void" },
  // The size as an address, which is 64 bits of a number as well: "u64" goes through a check for bigints that costs as much as the whole call.
  memcpy: { args: [/* target */ "ptr", /* source */ "ptr", /* size */ "ptr"], returns: "void" },
  close: { args: ["i32"], returns: "i32" },
  // int pipe2(int fds[2], int flags) on Linux; macOS has only pipe(int fds[2]), and spawns with close-on-exec as default.
  [linux ? "pipe2" : "pipe"]: { args: linux ? ["ptr", "i32"] : ["ptr"], returns: "i32" },
} as const satisfies Record<string, Signature>;

/** The few functions of the C library in use, opened once. */
export const libc = openLibc(libcSymbols) as unknown as Libc;

/** Creates a pipe, close-on-exec and non-blocking where the platform can do it in one call. Returns its two descriptors. */
export function createPipe(): { readFd: number; writeFd: number } {
  const closeOnExec = 0x8_0000;
  const nonBlocking = 0x800;
  const descriptors = new NativeMemory(8);
  const failed = linux
    ? libc.pipe2(descriptors.address, closeOnExec | nonBlocking)
    : libc.pipe(descriptors.address);
  if (failed) throw new Error("pipe() failed: the process has no file descriptors left (see ulimit -n)");
  return { readFd: descriptors.i32[0]!, writeFd: descriptors.i32[1]! };
}

type Libc = NativeFunctions<{
  malloc: { args: ["u64"]; returns: "ptr" };
  free: { args: ["ptr"]; returns: "void" };
  memcpy: { args: ["ptr", "ptr", "ptr"]; returns: "void" };
  close: { args: ["i32"]; returns: "i32" };
  pipe2: { args: ["ptr", "i32"]; returns: "i32" };
  pipe: { args: ["ptr"]; returns: "i32" };
}>;

/** Opens functions of the C library. @throws AggregateError when there is none by a name that is known */
export function openLibc<const T extends Record<string, Signature>>(symbols: T): NativeFunctions<T> {
  const names =
    process.platform === "darwin"
      ? ["libSystem.B.dylib"]
      : ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];
  const failures: unknown[] = [];
  for (const name of names) {
    try {
      return openLibrary(name, symbols);
    } catch (error) {
      failures.push(error);
    }
  }
  throw new AggregateError(failures, `no C library found: tried ${names.join(", ")}`);
}
