/** Clients that never finish a request (slowloris): each sends a header a byte a second, and comes again when it is thrown out. */

const BYTE_EVERY_MS = 1_000;
const REOPEN_MS = 100;

export interface SlowSockets extends Disposable {
  /** Open now. */
  readonly open: number;
}

/** Resolves once all are connected. */
export async function openSlowSockets(url: string, count: number): Promise<SlowSockets> {
  const { hostname, port, host } = new URL(url);
  const sockets = new Set<Bun.Socket>();
  let isOver = false;

  async function open(): Promise<void> {
    await Bun.connect({
      hostname,
      port: Number(port),
      socket: {
        open(socket) {
          sockets.add(socket);
          socket.write(`POST /order HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `);
        },
        data() {},
        close(socket) {
          sockets.delete(socket);
          if (!isOver) setTimeout(() => void open().catch(() => undefined), REOPEN_MS);
        },
      },
    });
  }

  await Promise.all(Array.from({ length: count }, open));
  const timer = setInterval(() => {
    for (const socket of sockets) socket.write("x");
  }, BYTE_EVERY_MS);
  return {
    get open() {
      return sockets.size;
    },
    [Symbol.dispose]() {
      isOver = true;
      clearInterval(timer);
      for (const socket of sockets) socket.end();
    },
  };
}
