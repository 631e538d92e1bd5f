/**
 * A TCP proxy in front of one broker, to disturb what the services hear of it: connections cut, refused for a while, or slow. Bytes are passed
 * on in order whatever is done to them; what one side can't take yet holds the other up.
 */
import { createServer, connect as dial, type Server, type Socket } from "node:net";

export interface TcpProxy {
  readonly port: number;
  /** Where it connects to. Set once the broker's port is known. */
  aimAt(port: number): void;
  /** Ends all connections; new ones are refused until `restore`. */
  cut(): void;
  /** Every piece of data is this late, in milliseconds, from now on. */
  delay(ms: number): void;
  /** Passes on everything at once again. */
  restore(): void;
  stop(): Promise<void>;
}

/** Begins to listen on a port of 127.0.0.1. */
export async function startProxy(port: number): Promise<TcpProxy> {
  const state = { target: 0, isCut: false, delayMs: 0 };
  const sockets = new Set<Socket>();

  function track(socket: Socket): void {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("close", () => sockets.delete(socket));
  }

  function pass(from: Socket, to: Socket): void {
    let last = Promise.resolve();
    from.on("data", (data) => {
      const send = (): void => {
        if (!to.writable) return;
        if (!to.write(data)) {
          from.pause();
          to.once("drain", () => from.resume());
        }
      };
      // Behind whatever is still late, even when there is no delay any more: order is kept.
      if (state.delayMs === 0 && pending === 0) return send();
      pending++;
      const dueAt = performance.now() + state.delayMs;
      last = last
        .then(() => Bun.sleep(Math.max(0, dueAt - performance.now())))
        .then(() => {
          pending--;
          send();
        });
    });
    let pending = 0;
    from.on("end", () => void last.then(() => to.end()));
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
  }

  const server: Server = createServer({ allowHalfOpen: true }, (client) => {
    track(client);
    if (state.isCut || state.target === 0) {
      client.destroy();
      return;
    }
    const broker = dial({ port: state.target, host: "127.0.0.1", allowHalfOpen: true });
    track(broker);
    pass(client, broker);
    pass(broker, client);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });

  function endAll(): void {
    for (const socket of sockets) socket.destroy();
  }
  return {
    port,
    aimAt(target) {
      state.target = target;
    },
    cut() {
      state.isCut = true;
      endAll();
    },
    delay(ms) {
      state.delayMs = ms;
    },
    restore() {
      state.isCut = false;
      state.delayMs = 0;
    },
    stop() {
      endAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
