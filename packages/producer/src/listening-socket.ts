/**
 * The socket that orders come in by, as the kernel knows it. Bun accepts every connection, and its server can't leave off without closing those that are
 * open. So the kernel is told to: a socket filter (SO_ATTACH_FILTER, socket(7)) that lets nothing through to the listening socket. Connections that are
 * open have left it and go on; a new one is neither taken nor refused, and its client asks again after a second, as for any packet that was lost.
 */
import { readdirSync } from "node:fs";
import { NativeMemory, openLibc } from "@campus/kafka/native";

export interface ListeningSocket {
  /** Lets new connections wait. */
  hold(): void;
  /** Lets them in again. */
  release(): void;
}

// <asm-generic/socket.h>: x64 and arm64 alike.
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SO_DETACH_FILTER = 27;
const SO_ACCEPTCONN = 30;
/** <linux/filter.h>: `BPF_RET | BPF_K`, the instruction that ends a filter with how many bytes may pass. */
const RETURN = 0x06;

/** Bytes of what the calls are given. */
const INT_BYTES = 4;
const SOCKADDR_BYTES = 128;
const SOCK_FPROG_BYTES = 16;
const SOCK_FILTER_BYTES = 8;

/**
 * Finds the socket of this process that listens on a TCP port.
 * @throws Error where the system is not Linux, or there is none
 */
export function findListeningSocket(port: number): ListeningSocket {
  if (process.platform !== "linux") throw new Error(`${process.platform} has no socket filters`);
  const libc = openLibc({
    getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
    setsockopt: { args: ["i32", "i32", "i32", "ptr", "i32"], returns: "i32" },
    getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  });
  const value = new NativeMemory(SOCKADDR_BYTES);
  const length = new NativeMemory(INT_BYTES);

  /** False as well of a descriptor that is no socket, or was closed since. */
  function listens(descriptor: number): boolean {
    length.i32[0] = INT_BYTES;
    if (libc.getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, value.address, length.address) !== 0)
      return false;
    if (value.i32[0] === 0) return false;
    length.i32[0] = SOCKADDR_BYTES;
    if (libc.getsockname(descriptor, value.address, length.address) !== 0) return false;
    // Family, then the port in network order: IPv4 and IPv6 alike.
    return value.bytes.readUInt16BE(2) === port;
  }

  const descriptor = readdirSync("/proc/self/fd").map(Number).find(listens) ?? -1;
  if (descriptor === -1) throw new Error(`no socket of this process listens on port ${port}`);

  // A program of one instruction, which lies behind it.
  const nothingPasses = new NativeMemory(SOCK_FPROG_BYTES + SOCK_FILTER_BYTES);
  nothingPasses.bytes.writeUInt16LE(1);
  nothingPasses.setSize(2, nothingPasses.address + SOCK_FPROG_BYTES);
  nothingPasses.bytes.writeUInt16LE(RETURN, SOCK_FPROG_BYTES);

  function set(option: number, { address }: NativeMemory, bytes: number): void {
    if (libc.setsockopt(descriptor, SOL_SOCKET, option, address, bytes) !== 0)
      throw new Error(`the kernel refused option ${option} of the socket that listens on port ${port}`);
  }
  return {
    hold: () => set(SO_ATTACH_FILTER, nothingPasses, SOCK_FPROG_BYTES),
    release: () => set(SO_DETACH_FILTER, value, INT_BYTES),
  };
}
